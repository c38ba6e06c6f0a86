using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>
/// A P-256 key that OpenSSL makes and of which it tells the numbers, without the framework's check of a key that was just made and without its way over the legacy
/// interface to write one: a fifth of the time. Why it is worth it: docs/decisions/0022-keys-come-straight-from-openssl.md.
/// </summary>
sealed unsafe partial class EcPrivateKey : IDisposable
{
    const int Octets = 32;
    const int PointOctets = 1 + (2 * Octets);

    // A context knows its curve, which takes longer to look up than a key to make. It serves one thread at a time; there are as many as ever made keys at once.
    static readonly ConcurrentBag<nint> Contexts = [];

    readonly SafeEvpPKeyHandle _key;
    readonly byte[] _point = new byte[PointOctets];

    EcPrivateKey(SafeEvpPKeyHandle key)
    {
        _key = key;
        nuint written;
        fixed (byte* name = "pub\0"u8, point = _point)
        {
            if (GetOctets(key, name, point, PointOctets, &written) <= 0 || written != PointOctets || _point[0] != 4)
                throw LibCrypto.Failed("The key does not tell its uncompressed point.");
        }
    }

    /// <summary>Makes a key; null where OpenSSL is not to be had.</summary>
    /// <exception cref="CryptographicException">OpenSSL made none.</exception>
    public static EcPrivateKey? TryCreateP256()
    {
        if (!LibCrypto.IsThere) return null;
        var handle = Generate();
        try
        {
            return new(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>SubjectPublicKeyInfo in DER (RFC 5480).</summary>
    public byte[] ExportPublicKey()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 96);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.EcPublicKey);
                writer.WriteObjectIdentifier(Oids.P256);
            }

            writer.WriteBitString(_point);
        }

        return writer.Encode();
    }

    /// <summary>ECPrivateKey in DER (RFC 5915), with curve and public key, as the framework writes it. The caller erases it.</summary>
    public byte[] ExportPrivateKey()
    {
        Span<byte> number = stackalloc byte[Octets];
        nint big = 0;
        try
        {
            fixed (byte* name = "priv\0"u8, octets = number)
            {
                if (GetNumber(_key, name, &big) <= 0 || WriteNumber(big, octets, Octets) != Octets) throw LibCrypto.Failed("The key does not tell its number.");
            }

            return Write(number);
        }
        finally
        {
            FreeNumber(big);
            CryptographicOperations.ZeroMemory(number);
        }
    }

    /// <summary>The key for the framework to sign with. The caller disposes it.</summary>
    public ECDsa ToEcdsa() => OperatingSystem.IsLinux() ? new ECDsaOpenSsl(_key) : throw new PlatformNotSupportedException("Only Linux has got here.");

    public void Dispose() => _key.Dispose();

    // A growing AsnWriter would leave the number behind in what it has outgrown; everything but the two numbers is constant.
    byte[] Write(ReadOnlySpan<byte> number)
    {
        var prefix = (ReadOnlySpan<byte>)[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20]; // SEQUENCE, version 1, OCTET STRING of 32
        var curve = (ReadOnlySpan<byte>)[0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0xA1, 0x44, 0x03, 0x42, 0x00]; // [0] prime256v1, [1] BIT STRING of 65
        var der = new byte[prefix.Length + Octets + curve.Length + PointOctets];
        prefix.CopyTo(der);
        number.CopyTo(der.AsSpan(prefix.Length));
        curve.CopyTo(der.AsSpan(prefix.Length + Octets));
        _point.CopyTo(der.AsSpan(prefix.Length + Octets + curve.Length));
        return der;
    }

    static SafeEvpPKeyHandle Generate()
    {
        if (!Contexts.TryTake(out var context)) context = NewContext();
        nint key = 0;
        if (Generate(context, &key) <= 0)
        {
            LibCrypto.FreeContext(context);
            throw LibCrypto.Failed("OpenSSL made no key.");
        }

        Contexts.Add(context);
        return OperatingSystem.IsLinux() ? new(key, ownsHandle: true) : throw new PlatformNotSupportedException("Only Linux has got here.");
    }

    static nint NewContext()
    {
        var context = LibCrypto.NewContext(0, "EC", null);
        if (context != 0 && BeginToGenerate(context) > 0 && SetGroup(context, "prime256v1") > 0) return context;
        LibCrypto.FreeContext(context);
        throw LibCrypto.Failed("OpenSSL does not know P-256.");
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_keygen_init")]
    private static partial int BeginToGenerate(nint context);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_CTX_set_group_name", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetGroup(nint context, string name);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_generate")]
    private static partial int Generate(nint context, nint* key);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_get_octet_string_param")]
    private static partial int GetOctets(SafeEvpPKeyHandle key, byte* name, byte* buffer, nuint length, nuint* written);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_get_bn_param")]
    private static partial int GetNumber(SafeEvpPKeyHandle key, byte* name, nint* number);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_bn2binpad")]
    private static partial int WriteNumber(nint number, byte* octets, int length);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_clear_free")]
    private static partial void FreeNumber(nint number);
}
