using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FleetPlatform.Cli.Factory;

/// <summary>One device of a batch that is registered.</summary>
/// <param name="PublicKey">SHA-256 of its SubjectPublicKeyInfo, lower-case hex.</param>
sealed record ManifestEntry(string Serial, string Thing, string CertificateId, string PublicKey, DateTimeOffset RegisteredAt);

/// <summary>A line of the manifest, with what ties it to the one before.</summary>
/// <param name="Previous">Hash of the line before; 64 zeros on the first.</param>
/// <param name="Hash">SHA-256 over <paramref name="Previous"/> and the entry, so that no line can be changed, taken out or put in unseen.</param>
sealed record ManifestLine(string Serial, string Thing, string CertificateId, string PublicKey, DateTimeOffset RegisteredAt, string Previous, string Hash)
{
    public static string First { get; } = new('0', 64);

    public static ManifestLine After(string previous, ManifestEntry entry) =>
        new(entry.Serial, entry.Thing, entry.CertificateId, entry.PublicKey, entry.RegisteredAt, previous, HashOf(previous, entry));

    public bool IsWhole => Hash == HashOf(Previous, new(Serial, Thing, CertificateId, PublicKey, RegisteredAt));

    // One value a line: anybody can compute it with sha256sum.
    static string HashOf(string previous, ManifestEntry entry) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{previous}\n{entry.Serial}\n{entry.Thing}\n{entry.CertificateId}\n{entry.PublicKey}\n{entry.RegisteredAt:O}\n"))));
}

/// <summary>
/// Which certificate went to which device: JSON lines, each with the hash of the one before. Written after the device's files and never rewritten; what
/// stands in it is done, also for a run that goes on after a crash.
/// </summary>
sealed class Manifest : IDisposable
{
    public const string File = "manifest.jsonl";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Lock _gate = new();
    readonly FileStream _file;
    string _last = ManifestLine.First;

    Manifest(FileStream file) => _file = file;

    /// <summary>Serial numbers that are done, each with its certificate's id.</summary>
    public Dictionary<string, string> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>Opens a folder's manifest for one writer. A last line that a crash cut short is taken away.</summary>
    /// <exception cref="CommandFailedException">Somebody else writes it, or it was changed.</exception>
    public static Manifest Open(string folder)
    {
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(folder, File), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CommandFailedException($"Another command is at work in {folder}.", "Wait until it is done.");
        }

        var manifest = new Manifest(file);
        var (lines, whole) = Parse(file);
        foreach (var line in lines)
        {
            manifest.Done[line.Serial] = line.CertificateId;
            manifest._last = line.Hash;
        }

        file.SetLength(whole);
        file.Seek(0, SeekOrigin.End);
        return manifest;
    }

    /// <summary>Every line, checked against the one before.</summary>
    /// <exception cref="CommandFailedException">The chain is broken.</exception>
    public static IReadOnlyList<ManifestLine> Read(string folder)
    {
        var path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path)) throw new CommandFailedException($"There is no {path}.", "Name the folder of a batch.");
        using var file = System.IO.File.OpenRead(path);
        return Parse(file).Lines;
    }

    /// <param name="publicKey">SubjectPublicKeyInfo in DER.</param>
    public static string KeyHash(ReadOnlySpan<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey));

    /// <summary>Adds devices whose files are written, and waits until the disk has files and lines, in this order.</summary>
    public void Add(IEnumerable<ManifestEntry> entries)
    {
        lock (_gate)
        {
            using var text = new MemoryStream();
            foreach (var entry in entries)
            {
                var line = ManifestLine.After(_last, entry);
                JsonSerializer.Serialize(text, line, Json);
                text.WriteByte((byte)'\n');
                _last = line.Hash;
                Done[entry.Serial] = entry.CertificateId;
            }

            Disk.SyncAround(_file.SafeFileHandle);
            text.WriteTo(_file);
            _file.Flush(flushToDisk: true);
        }
    }

    public void Dispose() => _file.Dispose();

    static (List<ManifestLine> Lines, long WholeBytes) Parse(FileStream file)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var (lines, previous, at) = (new List<ManifestLine>(), ManifestLine.First, 0);
        for (int end; (end = bytes.AsSpan(at).IndexOf((byte)'\n')) >= 0; at += end + 1)
        {
            ManifestLine? line = null;
            try
            {
                line = JsonSerializer.Deserialize<ManifestLine>(bytes.AsSpan(at, end), Json);
            }
            catch (JsonException)
            {
                // told below
            }

            if (line is not { IsWhole: true } || line.Previous != previous)
                throw new CommandFailedException($"{file.Name}, line {lines.Count + 1} is not what was written: its hash, or that of the line before, does not fit.", "Compare it with a copy; nothing was changed.");
            lines.Add(line);
            previous = line.Hash;
        }

        return (lines, at);
    }
}
