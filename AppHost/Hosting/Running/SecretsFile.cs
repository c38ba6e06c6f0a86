using System.Text.Json;

namespace Aspire.Hosting.Running;

/// <summary>Generated secrets, kept in one file that only its owner can read.</summary>
sealed class SecretsFile(string path)
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    readonly Lock _gate = new();

    /// <summary>The secret of this name, generated and stored when there is none yet.</summary>
    public string GetOrAdd(string name, Func<string> generate)
    {
        lock (_gate)
        {
            var secrets = Read();
            if (secrets.TryGetValue(name, out var known)) return known;
            secrets[name] = generate();
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            FleetFolder.Write(path, JsonSerializer.Serialize(secrets, Indented), secret: true);
            return secrets[name];
        }
    }

    SortedDictionary<string, string> Read() =>
        File.Exists(path) ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(path))! : new(StringComparer.Ordinal);
}
