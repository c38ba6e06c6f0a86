using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.Pki.Transparency;

/// <summary>A log at one moment, as C2SP's tlog-checkpoint writes it: origin, size and root, a line each; signed as a C2SP signed note.</summary>
/// <param name="Origin">Names the log, for ever: a URL without scheme, for example <c>plant.example/certificates</c>. No white space, no plus sign.</param>
/// <param name="Size">Entries.</param>
/// <param name="Root">SHA-256, 32 octets.</param>
public sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    const int MaximumCharacters = 4096;
    const byte EcdsaType = 2;
    const string Dash = "\u2014 ";

    /// <summary>Whether a text can name a log.</summary>
    public static bool IsOrigin(string text) => text.Length is > 0 and <= 128 && text.All(letter => letter is > ' ' and < '\u007F' and not '+');

    /// <summary>The name under which the end of the hash chain over a store's events is signed: its seals are the entries, the last one's hash is the root.</summary>
    public static string OriginOfStore(string store) => $"fleet-platform.local/stores/{store}";

    /// <summary>The note: what is signed, an empty line, and the signature: ECDSA on P-256 with SHA-256, in DER.</summary>
    public string Sign(IIssuerKey key)
    {
        var body = Body;
        return $"{body}\n{Dash}{Origin} {Convert.ToBase64String([.. KeyId(key.SubjectPublicKeyInfo.Span), .. key.Sign(Encoding.UTF8.GetBytes(body))])}\n";
    }

    /// <summary>Reads a note.</summary>
    /// <param name="note">As it was served.</param>
    /// <param name="origin">The log it must be of.</param>
    /// <param name="subjectPublicKeyInfo">The log's key.</param>
    /// <exception cref="CryptographicException">It is no checkpoint of that log, or not signed with that key.</exception>
    public static Checkpoint Open(string note, string origin, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var end = note.Length > MaximumCharacters ? -1 : note.IndexOf("\n\n", StringComparison.Ordinal) + 1;
        if (end <= 0 || note[..end].Split('\n') is not [var name, var size, var root, ..] || name != origin
            || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var entries) || !TryRead(root, out var hash) || hash.Length != MerkleTree.HashLength)
            throw new CryptographicException($"This is no checkpoint of the log {origin}.");

        foreach (var line in note[(end + 1)..].Split('\n'))
            if (line.StartsWith($"{Dash}{origin} ", StringComparison.Ordinal) && TryRead(line[(Dash.Length + origin.Length + 1)..], out var signature)
                && signature.Length > 4 && signature.AsSpan(0, 4).SequenceEqual(KeyId(subjectPublicKeyInfo)))
                return IsSigned(note[..end], signature.AsSpan(4), subjectPublicKeyInfo) ? new(origin, entries, hash)
                    : throw new CryptographicException("The checkpoint's signature does not verify.");
        throw new CryptographicException("The checkpoint is not signed with the log's key.");
    }

    /// <summary>The key as verifiers of signed notes take it: name, key id, and the key behind its type, with plus signs between.</summary>
    public static string WriteKey(string origin, ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        $"{origin}+{Convert.ToHexStringLower(KeyId(subjectPublicKeyInfo))}+{Convert.ToBase64String([EcdsaType, .. subjectPublicKeyInfo])}";

    /// <summary>Reads what <see cref="WriteKey"/> wrote.</summary>
    /// <exception cref="CryptographicException">It is no such key.</exception>
    public static (string Origin, byte[] SubjectPublicKeyInfo) ReadKey(string text) =>
        text.Trim().Split('+', 3) is [var origin, var id, var encoded] && IsOrigin(origin) && TryRead(encoded, out var key) && key is [EcdsaType, .. var info]
        && id == Convert.ToHexStringLower(KeyId(info))
            ? (origin, info)
            : throw new CryptographicException("This is no key of a log: NAME+ID+KEY, of type ECDSA.");

    string Body => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n");

    static bool IsSigned(string body, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            return PublicKey.Read(subjectPublicKeyInfo).Verify(Encoding.UTF8.GetBytes(body), signature, Oids.EcdsaSha256);
        }
        catch (Exception malformed) when (malformed is CryptographicException or AsnContentException)
        {
            return false; // a malformed signature or key is a wrong one
        }
    }

    static byte[] KeyId(ReadOnlySpan<byte> subjectPublicKeyInfo) => SHA256.HashData(subjectPublicKeyInfo)[..4];

    static bool TryRead(string base64, out byte[] octets)
    {
        var buffer = new byte[base64.Length];
        var isBase64 = Convert.TryFromBase64String(base64, buffer, out var length);
        octets = isBase64 ? buffer[..length] : [];
        return isBase64;
    }
}
