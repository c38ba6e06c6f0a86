using System.Text.Json;
using System.Text.Json.Serialization;

namespace FleetPlatform.Cli.Factory;

/// <summary>What a batch is: written once into its folder, and held against every later call for the same folder.</summary>
abstract record LineOrder
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Names the batch at the platform, which registers each of its serial numbers once.</summary>
    public required string Batch { get; init; }

    public required DirectRegistration Registration { get; init; }

    /// <summary>The order of the folder: the one that is there when it says the same, else this one, from now on.</summary>
    /// <param name="otherFile">What an order of the other kind is in.</param>
    /// <exception cref="CommandFailedException">The folder belongs to another order.</exception>
    protected static T Settle<T>(string folder, string file, string otherFile, T order)
        where T : LineOrder
    {
        if (File.Exists(Path.Combine(folder, otherFile)))
            throw new CommandFailedException($"{folder} holds something else: {Path.Combine(folder, otherFile)} says what it is.", "Give another folder.");
        if (Read<T>(folder, file) is { } before)
        {
            return Text(order with { Batch = before.Batch }) == Text(before)
                ? before
                : throw new CommandFailedException($"{folder} holds another batch: {Path.Combine(folder, file)} says what it is.", "Run its own command again to go on with it, or give another folder.");
        }

        var path = Path.Combine(folder, file);
        var temporary = $"{path}.new";
        File.WriteAllText(temporary, Text(order));
        File.Move(temporary, path);
        return order;
    }

    /// <returns>Null when the folder has none.</returns>
    protected static T? Read<T>(string folder, string file)
        where T : LineOrder => File.Exists(Path.Combine(folder, file)) ? JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(folder, file)), Json)! : null;

    static string Text(LineOrder order) => JsonSerializer.Serialize(order, order.GetType(), Json) + "\n";
}
