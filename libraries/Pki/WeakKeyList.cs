using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.Pki;

/// <summary>
/// Keys that are known to be weak or stolen, from files. Two kinds of lines: 20 hex digits, as in Debian's <c>openssl-blacklist</c> (CVE-2008-0166): the last 80 bits
/// of the SHA-1 of <c>Modulus=…</c>; and 64 hex digits: the SHA-256 of a SubjectPublicKeyInfo, for keys of any kind. Lines that begin with '#' are comments.
/// Immutable; safe for concurrent use.
/// </summary>
public sealed class WeakKeyList
{
    const int DebianDigits = 20;
    const int FingerprintDigits = 64;
    const long MaximumFileBytes = 64 * 1024 * 1024;

    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    readonly UInt128[] _debian;
    readonly HashSet<string> _fingerprints;

    WeakKeyList(UInt128[] debian, HashSet<string> fingerprints) => (_debian, _fingerprints) = (debian, fingerprints);

    /// <summary>The list that holds nothing.</summary>
    public static WeakKeyList Empty { get; } = new([], []);

    /// <summary>Keys in the list.</summary>
    public int Count => _debian.Length + _fingerprints.Count;

    /// <summary>Reads every file of a folder; a folder that is not there is an empty list.</summary>
    /// <exception cref="InvalidDataException">A line is of neither kind, or a file is over 64 MiB. Names file and line.</exception>
    public static WeakKeyList Load(string folder)
    {
        if (!Directory.Exists(folder)) return Empty;
        var debian = new HashSet<UInt128>();
        var fingerprints = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            if (new FileInfo(path).Length > MaximumFileBytes) throw new InvalidDataException($"{path} is over {MaximumFileBytes} bytes.");
            var number = 0;
            foreach (var line in File.ReadLines(path))
            {
                number++;
                var text = line.AsSpan().Trim();
                if (text.IsEmpty || text[0] == '#') continue;
                if (text.Length == DebianDigits && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var entry)) debian.Add(entry);
                else if (text.Length == FingerprintDigits && !text.ContainsAnyExcept(HexDigits)) fingerprints.Add(text.ToString().ToLowerInvariant());
                else throw new InvalidDataException($"{path}, line {number}: neither 20 nor 64 hex digits.");
            }
        }

        return new([.. debian.Order()], fingerprints);
    }

    /// <summary>What is wrong with a key, or null.</summary>
    /// <param name="subjectPublicKeyInfo">The key in DER.</param>
    public string? FindFault(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        if (_fingerprints.Count > 0 && _fingerprints.Contains(Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo)))) return "The key is on a list of compromised keys.";
        if (_debian.Length == 0) return null;
        var key = PublicKey.Read(subjectPublicKeyInfo);
        return key.Algorithm == PublicKeyAlgorithm.Rsa && Array.BinarySearch(_debian, DebianEntryOf(key.Modulus)) >= 0
            ? "The key was made by a generator with 32,768 different outcomes (Debian, CVE-2008-0166)."
            : null;
    }

    [SuppressMessage("Security", "CA5350", Justification = "The list's own format; nothing is protected by this hash.")]
    static UInt128 DebianEntryOf(ReadOnlySpan<byte> modulus)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(Encoding.ASCII.GetBytes($"Modulus={Convert.ToHexString(modulus)}\n"), hash);
        UInt128 entry = 0;
        foreach (var octet in hash[^(DebianDigits / 2)..]) entry = (entry << 8) | octet;
        return entry;
    }
}
