using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary>What verbs over AWS's registry operations do the same way.</summary>
static class Printed
{
    public static string Segment(string name) => Uri.EscapeDataString(name);

    /// <summary>Sends, and prints nothing when it went well.</summary>
    public static async Task<int> Send(ControlPlaneClient controlPlane, HttpMethod method, string path, JsonObject? body, CancellationToken cancellation)
    {
        await controlPlane.Send(method, path, body, cancellation);
        return 0;
    }

    /// <summary>Prints one member of each item of a listing, or the items themselves, a line each.</summary>
    public static async Task<int> Names(
        ControlPlaneClient controlPlane, string path, string member, string? name, CancellationToken cancellation, bool marker = false)
    {
        await foreach (var item in controlPlane.All(path, member, cancellation, marker)) Console.WriteLine((name is null ? item : item[name]!).GetValue<string>());
        return 0;
    }

    /// <summary>A line of what is known; none when it is not.</summary>
    public static void Fact(string label, JsonNode? value)
    {
        if (value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 }) return;
        AnsiConsole.MarkupLineInterpolated($"  {label,-14} {value switch { JsonObject pairs => string.Join(", ", pairs.Select(pair => $"{pair.Key}={pair.Value}")), JsonArray items => string.Join(", ", items), _ => value.ToString() }}");
    }

    /// <summary>An instant that AWS gives in seconds since 1970.</summary>
    public static JsonNode? Instant(JsonNode? seconds) =>
        seconds is null ? null : DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds.GetValue<double>() * 1000)).ToString("u", System.Globalization.CultureInfo.InvariantCulture);
}
