using System.Text.Json;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>
/// Keys of devices whose certificates are asked for: on the disk before that, those of a whole request in one file, so that it waits for the disk once and not for each device.
/// What a crash leaves is found by the next run, which asks again with the same keys.
/// </summary>
sealed class PendingKeys
{
    const string Folder = "pending";

    readonly string _folder;
    readonly string[] _left;
    readonly Dictionary<string, string> _found = new(StringComparer.Ordinal);

    PendingKeys(string folder)
    {
        _folder = Path.Combine(folder, Folder);
        _left = Directory.Exists(_folder) ? Directory.GetFiles(_folder, "*.json") : [];
        foreach (var path in _left)
            foreach (var (serial, pem) in JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(path))!) _found[serial] = pem;
    }

    /// <param name="folder">Of the batch, which the caller has for itself.</param>
    public static PendingKeys Open(string folder) => new(folder);

    /// <summary>The key that a run before has asked with; null when it had none.</summary>
    public KeyPair? Find(string serial) => _found.TryGetValue(serial, out var pem) ? KeyPair.FromPem(pem) : null;

    /// <summary>Keeps the keys of one request, readable by their owner only, and waits until the disk has them.</summary>
    /// <returns>What to forget once the devices' files are on the disk.</returns>
    public string Keep(IEnumerable<KeyValuePair<string, string>> keys)
    {
        var path = Path.Combine(_folder, $"{Guid.CreateVersion7():N}.json");
        OwnerOnlyFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(keys.ToDictionary(StringComparer.Ordinal)));
        return path;
    }

    public static void Forget(string kept) => File.Delete(kept);

    /// <summary>Forgets also what runs before have left: every device of the batch has its files.</summary>
    public void ForgetAll()
    {
        foreach (var path in _left) File.Delete(path);
        if (Directory.Exists(_folder)) Directory.Delete(_folder);
    }
}
