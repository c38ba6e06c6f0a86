using System.Globalization;
using System.Text.Json;
using FleetPlatform.ControlPlane.Signing;

namespace FleetPlatform.ControlPlane.Http;

/// <summary>The caller's input is not what the operation takes. Caught once, at the door, and answered as InvalidRequestException.</summary>
sealed class InvalidInputException(string message) : Exception(message);

/// <summary>The parts of a request, read by name. Whatever is missing or of the wrong kind throws <see cref="InvalidInputException"/>.</summary>
/// <param name="caller">Access key id of whoever signed.</param>
/// <param name="operation">Name of the operation; page tokens belong to it.</param>
/// <param name="path">Path parameters, decoded.</param>
sealed class OperationRequest(
    string caller, string operation, SignedRequest signed, IReadOnlyDictionary<string, string> path, JsonElement body)
{
    const int DefaultPage = 25;
    const int MaximumPage = 250;

    public string Caller => caller;

    /// <summary>http or https, as this door was reached.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>
    /// True when the SDK asks again because it saw no answer. What then exists already, exactly as asked for, is what the first attempt made.
    /// </summary>
    public bool IsRetry => Header("amz-sdk-request") is { } attempts
        && attempts.StartsWith("attempt=", StringComparison.Ordinal) && !attempts.StartsWith("attempt=1;", StringComparison.Ordinal);

    public string Path(string name) => path[name];

    public string? Query(string name) => signed.Parameter(name);

    public string? Header(string name) => signed.Header(name);

    public bool Flag(string name) => Query(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new InvalidInputException($"{name} must be true or false."),
    };

    public string Text(string name) => OptionalText(name) ?? throw new InvalidInputException($"{name} is required.");

    public string? OptionalText(string name) => TextOf(Member(body, name), name);

    public bool? OptionalBoolean(string name) => Member(body, name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        null => null,
        _ => throw new InvalidInputException($"{name} must be true or false."),
    };

    public long? OptionalNumber(string name) => Member(body, name) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) => value,
        null => null,
        _ => throw new InvalidInputException($"{name} must be a whole number."),
    };

    public long? OptionalQueryNumber(string name) => Query(name) is not { } text
        ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new InvalidInputException($"{name} must be a whole number.");

    public double? OptionalFraction(string name) => Member(body, name) switch
    {
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        null => null,
        _ => throw new InvalidInputException($"{name} must be a number."),
    };

    /// <summary>A list of strings; empty when absent.</summary>
    public List<string> Texts(string name) => ListOf(Member(body, name), name);

    /// <summary>A member that is itself an object; null when absent.</summary>
    public JsonElement? Object(string name) => Member(body, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => value,
        _ => throw new InvalidInputException($"{name} must be an object."),
    };

    /// <summary>A member that is a list; empty when absent.</summary>
    public IEnumerable<JsonElement> List(string name) => Member(body, name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
        _ => throw new InvalidInputException($"{name} must be a list."),
    };

    public static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    public static string? TextOf(JsonElement? element, string name) => element switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => Decoded(text.GetString, name),
        _ => throw new InvalidInputException($"{name} must be a string."),
    };

    // An escape may hold half of a surrogate pair: JSON to the parser, no text to anyone.
    static string Decoded(Func<string?> read, string name)
    {
        try
        {
            return read()!;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidInputException($"{name} holds half of a surrogate pair.");
        }
    }

    /// <summary>A map of strings; null when absent.</summary>
    public static Dictionary<string, string>? MapOf(JsonElement? element, string name) => element switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject()
            .Select(member => (Name: Decoded(() => member.Name, name), member.Value))
            .ToDictionary(member => member.Name, member => TextOf(member.Value, $"{name}.{member.Name}") ?? "", StringComparer.Ordinal),
        _ => throw new InvalidInputException($"{name} must be an object of strings."),
    };

    /// <summary>A list of strings; empty when absent.</summary>
    public static List<string> ListOf(JsonElement? element, string name) => element switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => TextOf(item, name) ?? "")],
        _ => throw new InvalidInputException($"{name} must be a list of strings."),
    };

    /// <summary>The page asked for in the dialect of certificates and policies: marker, pageSize, isAscendingOrder.</summary>
    public Page MarkerPage() => new()
    {
        After = PageToken.Read(operation, Query("marker"), "marker"),
        Limit = PageSize("pageSize"),
        Descending = Query("isAscendingOrder") is not null && !Flag("isAscendingOrder"),
    };

    /// <summary>The page asked for in the dialect of things and templates: nextToken, maxResults.</summary>
    public Page TokenPage() => new() { After = PageToken.Read(operation, Query("nextToken"), "nextToken"), Limit = PageSize("maxResults") };

    /// <summary>What the caller passes for the next page; null on the last.</summary>
    public string? Next(string? after) => PageToken.Write(operation, after);

    int PageSize(string name) => OptionalQueryNumber(name) switch
    {
        null => DefaultPage,
        >= 1 and <= MaximumPage and var size => (int)size,
        _ => throw new InvalidInputException($"{name} must be 1 to {MaximumPage}."),
    };
}
