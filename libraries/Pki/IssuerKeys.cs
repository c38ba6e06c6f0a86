using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>Kinds of keys that authorities have.</summary>
public enum IssuerKeyType
{
    EcdsaP256 = 0,
    EcdsaP384 = 1,
    Rsa2048 = 2,
    Rsa3072 = 3,
    Rsa4096 = 4,
}

/// <summary>What signing with an authority's key is, wherever the key lives.</summary>
static class IssuerKeys
{
    public static AsymmetricAlgorithm Create(IssuerKeyType type) => type switch
    {
        IssuerKeyType.EcdsaP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        IssuerKeyType.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        IssuerKeyType.Rsa2048 => RSA.Create(2048),
        IssuerKeyType.Rsa3072 => RSA.Create(3072),
        IssuerKeyType.Rsa4096 => RSA.Create(4096),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such kind of key."),
    };

    /// <summary>The signature algorithm of a key, dotted.</summary>
    /// <exception cref="CryptographicException">The key is not of <see cref="IssuerKeyType"/>.</exception>
    public static string AlgorithmOf(AsymmetricAlgorithm key) => (key, key.KeySize) switch
    {
        (ECDsa, 256) => Oids.EcdsaSha256,
        (ECDsa, 384) => Oids.EcdsaSha384,
        (RSA, 2048 or 3072 or 4096) => Oids.RsaSha256,
        _ => throw new CryptographicException("An issuer's key is EC on P-256 or P-384, or RSA with 2048, 3072 or 4096 bits."),
    };

    public static byte[] Sign(AsymmetricAlgorithm key, ReadOnlySpan<byte> toBeSigned) => key switch
    {
        ECDsa ec => ec.SignData(toBeSigned, ec.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
        RSA rsa => rsa.SignData(toBeSigned, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        _ => throw new CryptographicException("Neither EC nor RSA."),
    };

    /// <param name="key">The key.</param>
    /// <param name="hash">By the hash algorithm of <see cref="AlgorithmOf"/>.</param>
    public static byte[] SignHash(AsymmetricAlgorithm key, ReadOnlySpan<byte> hash) => key switch
    {
        ECDsa ec => ec.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence),
        RSA rsa => rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        _ => throw new CryptographicException("Neither EC nor RSA."),
    };
}
