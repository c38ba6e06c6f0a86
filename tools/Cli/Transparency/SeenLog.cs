using System.Security.Cryptography;
using FleetPlatform.Pki.Transparency;

namespace FleetPlatform.Cli.Transparency;

/// <summary>What an auditor remembers of a log: where it is, its key, and the last checkpoint he saw. A text file: address, key, note.</summary>
sealed record SeenLog(string Address, string Key, string? Note)
{
    /// <summary>Reads the file; null when there is none yet.</summary>
    /// <exception cref="CommandFailedException">It is something else.</exception>
    public static SeenLog? Read(string path)
    {
        if (!File.Exists(path)) return null;
        return File.ReadAllText(path).Split('\n', 3) is [var address, var key, var note] && Uri.IsWellFormedUriString(address, UriKind.Absolute)
            ? new(address, key, note)
            : throw new CommandFailedException($"{path} is not what fleet log verify has written.", "Name another file with --seen.");
    }

    public void Write(string path) => File.WriteAllText(path, $"{Address}\n{Key}\n{Note}");

    /// <summary>The last checkpoint, verified again; null before the first.</summary>
    /// <exception cref="CryptographicException">It does not verify.</exception>
    public Checkpoint? Open()
    {
        var (origin, key) = Checkpoint.ReadKey(Key);
        return Note is null ? null : Checkpoint.Open(Note, origin, key);
    }
}
