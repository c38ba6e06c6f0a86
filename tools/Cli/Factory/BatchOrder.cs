using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FleetPlatform.Cli.Factory;

/// <summary>What a batch is: written once into its folder, and held against every later call for the same folder.</summary>
sealed record BatchOrder
{
    public const string File = "batch.json";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Names the batch at the platform, which registers each of its serial numbers once.</summary>
    public required string Batch { get; init; }

    public required IReadOnlyList<string> Serials { get; init; }
    public required DirectRegistration Registration { get; init; }
    public required KeyType Key { get; init; }

    /// <summary>The serial numbers that a format gives, such as <c>SL{0:D9}</c> (.NET's composite format; argument 0 is the number).</summary>
    /// <exception cref="CommandFailedException">The format gives no names, or one twice.</exception>
    public static IReadOnlyList<string> Expand(string format, long first, int count)
    {
        string[] serials;
        try
        {
            var parsed = CompositeFormat.Parse(format);
            serials = [.. Enumerable.Range(0, count).Select(index => string.Format(CultureInfo.InvariantCulture, parsed, first + index))];
        }
        catch (FormatException wrong)
        {
            throw new CommandFailedException($"--serial-format {format}: {wrong.Message}", "Write for example 'SL{0:D9}': SL and the number with nine digits.");
        }

        return Check(serials);
    }

    /// <summary>Serial numbers name folders here and things there.</summary>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> serials)
    {
        if (serials.FirstOrDefault(serial => serial.Length is 0 or > 128 || !serial.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ':')) is { } wrong)
            throw new CommandFailedException($"\"{wrong}\" cannot be a serial number here.", "It has 1 to 128 letters, digits, '_', '-' and ':'.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return serials.FirstOrDefault(serial => !seen.Add(serial)) is { } twice
            ? throw new CommandFailedException($"Serial number {twice} comes twice.", "Each device has its own; with --serial-format, let {0} stand in it.")
            : serials;
    }

    /// <summary>The order of the folder: the one that is there when it says the same, else this one, from now on.</summary>
    /// <exception cref="CommandFailedException">The folder belongs to another order.</exception>
    public BatchOrder Settle(string folder)
    {
        var path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
        {
            var temporary = $"{path}.new";
            System.IO.File.WriteAllText(temporary, Text());
            System.IO.File.Move(temporary, path);
            return this;
        }

        var before = JsonSerializer.Deserialize<BatchOrder>(System.IO.File.ReadAllText(path), Json)!;
        return (this with { Batch = before.Batch }).Text() == before.Text()
            ? before
            : throw new CommandFailedException($"{folder} holds another batch: {path} says what it is.", "Run its own command again to go on with it, or give another folder.");
    }

    /// <summary>Reads a folder's order.</summary>
    public static BatchOrder Read(string folder) => System.IO.File.Exists(Path.Combine(folder, File))
        ? JsonSerializer.Deserialize<BatchOrder>(System.IO.File.ReadAllText(Path.Combine(folder, File)), Json)!
        : throw new CommandFailedException($"{folder} holds no batch.", "Name the folder that ./fleet factory batch --out was given.");

    string Text() => JsonSerializer.Serialize(this, Json) + "\n";
}
