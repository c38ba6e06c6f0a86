using System.Globalization;
using System.Text;

namespace FleetPlatform.Cli.Factory;

/// <summary>A batch whose keys are made here.</summary>
sealed record BatchOrder : LineOrder
{
    public const string File = "batch.json";

    public required IReadOnlyList<string> Serials { get; init; }
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

    /// <summary>Serial numbers name folders here and things there: 1 to 128 letters, digits, '_', '-' and ':'.</summary>
    public static bool IsSerial(string text) => text.Length is > 0 and <= 128 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ':');

    /// <summary>All of them are serial numbers, and each comes once.</summary>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> serials)
    {
        if (serials.FirstOrDefault(serial => !IsSerial(serial)) is { } wrong)
            throw new CommandFailedException($"\"{wrong}\" cannot be a serial number here.", "It has 1 to 128 letters, digits, '_', '-' and ':'.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return serials.FirstOrDefault(serial => !seen.Add(serial)) is { } twice
            ? throw new CommandFailedException($"Serial number {twice} comes twice.", "Each device has its own; with --serial-format, let {0} stand in it.")
            : serials;
    }

    public BatchOrder Settle(string folder) => Settle(folder, File, ImportOrder.File, this);

    /// <summary>Reads a folder's order.</summary>
    public static BatchOrder Read(string folder) => Read<BatchOrder>(folder, File)
        ?? throw new CommandFailedException($"{folder} holds no batch.", "Name the folder that ./fleet factory batch or import --out was given.");
}
