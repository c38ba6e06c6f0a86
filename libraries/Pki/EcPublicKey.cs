using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>
/// Hands EC points to OpenSSL without the framework's check that the point has the order of the curve: a multiplication that costs more than the signature it is
/// for. On the curves here, whose cofactor is 1, every point but infinity has that order (SP 800-56A §5.6.2.3.4), and that a point lies on the curve OpenSSL
/// checks when it reads it. Why it is worth it: docs/decisions/0019-ec-points-go-straight-to-openssl.md.
/// </summary>
static unsafe partial class EcPublicKey
{
    const int Public = 0x86; // EVP_PKEY_PUBLIC_KEY: the key and the parameters
    const uint Utf8 = 4, Octets = 5; // OSSL_PARAM_UTF8_STRING, OSSL_PARAM_OCTET_STRING
    const byte Uncompressed = 4;

    /// <summary>Imports a key, to verify with it.</summary>
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static ECDsa Import(in PublicKey key)
    {
        var curve = key.Algorithm switch
        {
            PublicKeyAlgorithm.EcdsaP256 => "prime256v1\0"u8,
            PublicKeyAlgorithm.EcdsaP384 => "secp384r1\0"u8,
            PublicKeyAlgorithm.EcdsaP521 => "secp521r1\0"u8,
            _ => throw new ArgumentException("Not an EC key.", nameof(key)),
        };
        var coordinate = (key.Bits + 7) / 8;
        if (LibCrypto.IsThere && OperatingSystem.IsLinux() && key.Point.Length == 1 + (2 * coordinate) && key.Point[0] == Uncompressed)
        {
            using var handle = FromPoint(curve, key.Point);
            return new ECDsaOpenSsl(handle);
        }

        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo, out _);
            return ecdsa;
        }
        catch
        {
            ecdsa.Dispose();
            throw;
        }
    }

    static SafeEvpPKeyHandle FromPoint(ReadOnlySpan<byte> curve, ReadOnlySpan<byte> point)
    {
        var context = LibCrypto.NewContext(0, "EC", null);
        try
        {
            fixed (byte* group = "group\0"u8, pub = "pub\0"u8, name = curve, octets = point)
            {
                var parameters = stackalloc Parameter[3];
                parameters[0] = new() { Key = group, Type = Utf8, Data = name, Size = (nuint)curve.Length - 1, ReturnSize = nuint.MaxValue };
                parameters[1] = new() { Key = pub, Type = Octets, Data = octets, Size = (nuint)point.Length, ReturnSize = nuint.MaxValue };
                parameters[2] = default;
                nint key = 0;
                if (context == 0 || BeginFromData(context) <= 0 || FromData(context, &key, Public, parameters) <= 0)
                    throw LibCrypto.Failed("The point is not on the curve.");

                return new(key, ownsHandle: true);
            }
        }
        finally
        {
            LibCrypto.FreeContext(context);
        }
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_fromdata_init")]
    private static partial int BeginFromData(nint context);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_fromdata")]
    private static partial int FromData(nint context, nint* key, int selection, Parameter* parameters);

    /// <summary>OSSL_PARAM.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct Parameter
    {
        public byte* Key;
        public uint Type;
        public void* Data;
        public nuint Size;
        public nuint ReturnSize;
    }
}
