using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.Pki;

/// <summary>
/// A secret that only one process can read, for the way over a message broker: ECDH P-256 with a key pair of its own, HKDF-SHA256,
/// AES-256-GCM (the shape of RFC 9180's base mode). Layout: version 1, ephemeral point (65 octets), ciphertext, tag (16 octets).
/// </summary>
public static class SealedSecret
{
    internal const byte Version = 1;
    internal const int PointLength = 65;
    internal const int TagLength = 16;

    /// <summary>Octets a sealed secret is longer than its contents.</summary>
    public const int Overhead = 1 + PointLength + TagLength;

    /// <summary>Seals a secret.</summary>
    /// <param name="recipientSpki">Public key of the process that may read it: SubjectPublicKeyInfo, P-256. See <see cref="SealedSecretOpener.PublicKey"/>.</param>
    /// <param name="plaintext">The secret; the caller erases it.</param>
    /// <param name="context">What it is for, for example a flow id; opening with another context fails.</param>
    /// <exception cref="PkiException"><c>invalid-request</c>: the recipient's key is not a point of P-256.</exception>
    public static byte[] Seal(ReadOnlySpan<byte> recipientSpki, ReadOnlySpan<byte> plaintext, string context)
    {
        using var recipient = ImportRecipient(recipientSpki);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var box = new byte[Overhead + plaintext.Length];
        box[0] = Version;
        WritePoint(ephemeral, box.AsSpan(1, PointLength));

        Span<byte> key = stackalloc byte[32];
        Derive(ephemeral, recipient.PublicKey, box.AsSpan(1, PointLength), context, key);
        using var cipher = new AesGcm(key, TagLength);
        CryptographicOperations.ZeroMemory(key);

        // The key is used for this one message, so a constant nonce repeats nothing.
        Span<byte> nonce = stackalloc byte[12];
        nonce.Clear();
        cipher.Encrypt(nonce, plaintext, box.AsSpan(1 + PointLength, plaintext.Length), box.AsSpan(box.Length - TagLength), Encoding.UTF8.GetBytes(context));
        return box;
    }

    static ECDiffieHellman ImportRecipient(ReadOnlySpan<byte> spki)
    {
        var recipient = ECDiffieHellman.Create();
        try
        {
            recipient.ImportSubjectPublicKeyInfo(spki, out var read);
            if (read == spki.Length && recipient.KeySize == 256) return recipient;
        }
        catch (CryptographicException)
        {
            // falls through to the one refusal
        }

        recipient.Dispose();
        throw new PkiException("invalid-request", "The key to seal to is not a P-256 public key.");
    }

    internal static void WritePoint(ECDiffieHellman key, Span<byte> point)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        point[0] = 0x04;
        parameters.Q.X.CopyTo(point[1..33]);
        parameters.Q.Y.CopyTo(point[33..65]);
    }

    internal static void Derive(ECDiffieHellman own, ECDiffieHellmanPublicKey other, ReadOnlySpan<byte> ephemeralPoint, string context, Span<byte> key)
    {
        var shared = own.DeriveRawSecretAgreement(other);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, ephemeralPoint, Encoding.UTF8.GetBytes("FleetPlatform.SealedSecret.v1|" + context));
        CryptographicOperations.ZeroMemory(shared);
    }
}

/// <summary>The reading end: a key pair that lives as long as the process and never leaves it. Safe for concurrent use.</summary>
public sealed class SealedSecretOpener : IDisposable
{
    readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    readonly Lock _gate = new();

    public SealedSecretOpener() => PublicKey = _key.ExportSubjectPublicKeyInfo();

    /// <summary>What to seal to: SubjectPublicKeyInfo in DER. Do not change the array.</summary>
    public byte[] PublicKey { get; }

    /// <summary>Opens a sealed secret.</summary>
    /// <param name="sealedSecret">What <see cref="SealedSecret.Seal"/> returned.</param>
    /// <param name="context">The context it was sealed with.</param>
    /// <returns>The secret; erase it after use.</returns>
    /// <exception cref="CryptographicException">Sealed to another key, with another context, or changed on the way.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedSecret, string context)
    {
        if (sealedSecret.Length < SealedSecret.Overhead || sealedSecret[0] != SealedSecret.Version || sealedSecret[1] != 0x04)
            throw new CryptographicException("Not a sealed secret.");
        var point = sealedSecret.Slice(1, SealedSecret.PointLength);
        using var ephemeral = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = point[1..33].ToArray(), Y = point[33..65].ToArray() },
        });

        Span<byte> key = stackalloc byte[32];
        lock (_gate) SealedSecret.Derive(_key, ephemeral.PublicKey, point, context, key);
        using var cipher = new AesGcm(key, SealedSecret.TagLength);
        CryptographicOperations.ZeroMemory(key);

        Span<byte> nonce = stackalloc byte[12];
        nonce.Clear();
        var plaintext = new byte[sealedSecret.Length - SealedSecret.Overhead];
        cipher.Decrypt(nonce, sealedSecret[(1 + SealedSecret.PointLength)..^SealedSecret.TagLength], sealedSecret[^SealedSecret.TagLength..],
            plaintext, Encoding.UTF8.GetBytes(context));
        return plaintext;
    }

    public void Dispose() => _key.Dispose();
}
