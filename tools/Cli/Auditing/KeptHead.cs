using System.Globalization;
using FleetPlatform.Contracts;

namespace FleetPlatform.Cli.Auditing;

/// <summary>An end of a store's chain as an auditor keeps it: one line of text, <c>thing-registry 97 48240 9f86d0…</c>.</summary>
sealed record KeptHead(string Store, long Seal, long Sequence, string Hash)
{
    public static KeptHead Of(string store, ChainEnd end) => new(store, end.Seal, end.Sequence, end.Hash);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Store} {Seal} {Sequence} {Hash}");

    /// <summary>Reads the lines of a file; empty ones and those that begin with # are passed over.</summary>
    /// <exception cref="CommandFailedException">The file is not there, or a line is no head.</exception>
    public static IReadOnlyList<KeptHead> ReadAll(string path)
    {
        if (!File.Exists(path)) throw new CommandFailedException($"There is no file {path}.", "Make one with ./fleet audit head > FILE, and keep it where nobody who runs the platform can change it.");
        return [.. File.ReadAllLines(path).Where(line => line.Trim() is [not '#', ..]).Select(Read)];
    }

    static KeptHead Read(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var store, var seal, var sequence, { Length: 64 } hash]
        && long.TryParse(seal, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? new(store, number, last, hash)
            : throw new CommandFailedException($"This is no line of ./fleet audit head: {line}", "Each is STORE SEAL SEQUENCE HASH.");
}
