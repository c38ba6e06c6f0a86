using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>Public key algorithms a device may have.</summary>
public enum PublicKeyAlgorithm
{
    /// <summary>Something this library does not read further.</summary>
    Other = 0,
    EcdsaP256 = 1,
    EcdsaP384 = 2,
    EcdsaP521 = 3,
    Rsa = 4,
}

/// <summary>A SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), read but not imported.</summary>
public readonly ref struct PublicKey
{
    /// <summary>The algorithm; <see cref="PublicKeyAlgorithm.Other"/> for what this library does not know.</summary>
    public PublicKeyAlgorithm Algorithm { get; private init; }

    /// <summary>Size in bits: of the curve's field, or of the RSA modulus. 0 when the algorithm is not known.</summary>
    public int Bits { get; private init; }

    /// <summary>The whole structure in DER, as it was read; empty when the algorithm is not known.</summary>
    public ReadOnlySpan<byte> SubjectPublicKeyInfo { get; private init; }

    /// <summary>EC: the encoded point (SEC 1 §2.3.3).</summary>
    public ReadOnlySpan<byte> Point { get; private init; }

    /// <summary>RSA: modulus, big-endian, no leading zero.</summary>
    public ReadOnlySpan<byte> Modulus { get; private init; }

    /// <summary>RSA: public exponent, big-endian, no leading zero.</summary>
    public ReadOnlySpan<byte> Exponent { get; private init; }

    /// <summary>Reads a SubjectPublicKeyInfo.</summary>
    /// <param name="der">The structure in DER, nothing after it.</param>
    /// <exception cref="AsnContentException">Not DER, or not the structure its algorithm asks for.</exception>
    public static PublicKey Read(ReadOnlySpan<byte> der)
    {
        var body = DerReader.ReadWhole(der, Asn1Tag.Sequence);
        var algorithm = DerReader.Read(ref body, Asn1Tag.Sequence);
        var oid = DerReader.ReadOid(ref algorithm);
        var bits = DerReader.ReadBits(ref body);
        DerReader.End(body);
        return oid switch
        {
            Oids.EcPublicKey => ReadEc(der, algorithm, bits),
            Oids.Rsa => ReadRsa(der, algorithm, bits),
            _ => default,
        };
    }

    static PublicKey ReadEc(ReadOnlySpan<byte> der, ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> point)
    {
        // RFC 5480 §2.1.1: namedCurve only. A key that brings its own curve can claim anything (CVE-2020-0601).
        if (!DerReader.NextIs(parameters, Asn1Tag.ObjectIdentifier)) return default;
        var curve = DerReader.ReadOid(ref parameters);
        DerReader.End(parameters);
        return curve switch
        {
            Oids.P256 => new() { SubjectPublicKeyInfo = der, Algorithm = PublicKeyAlgorithm.EcdsaP256, Bits = 256, Point = point },
            Oids.P384 => new() { SubjectPublicKeyInfo = der, Algorithm = PublicKeyAlgorithm.EcdsaP384, Bits = 384, Point = point },
            Oids.P521 => new() { SubjectPublicKeyInfo = der, Algorithm = PublicKeyAlgorithm.EcdsaP521, Bits = 521, Point = point },
            _ => default,
        };
    }

    static PublicKey ReadRsa(ReadOnlySpan<byte> der, ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> bits)
    {
        // RFC 8017 A.1: the parameters are NULL.
        AsnDecoder.ReadNull(parameters, AsnEncodingRules.DER, out var consumed);
        DerReader.End(parameters[consumed..]);
        var key = DerReader.ReadWhole(bits, Asn1Tag.Sequence);
        var modulus = DerReader.ReadInteger(ref key);
        var exponent = DerReader.ReadInteger(ref key);
        DerReader.End(key);
        if ((modulus[0] | exponent[0]) >= 0x80) throw new AsnContentException("An RSA key has a negative number.");
        modulus = modulus.TrimStart((byte)0);
        exponent = exponent.TrimStart((byte)0);
        var size = modulus.IsEmpty ? 0 : (modulus.Length * 8) - byte.LeadingZeroCount(modulus[0]);
        return new() { SubjectPublicKeyInfo = der, Algorithm = PublicKeyAlgorithm.Rsa, Bits = size, Modulus = modulus, Exponent = exponent };
    }

    /// <summary>Verifies a signature made with this key's private half. The key is imported for it.</summary>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">EC: DER sequence of two integers (RFC 3279 §2.2.3). RSA: PKCS#1 v1.5.</param>
    /// <param name="signatureOid">Signature algorithm, dotted.</param>
    /// <returns>False when the signature does not verify or its algorithm does not fit the key.</returns>
    /// <exception cref="CryptographicException">The key cannot be imported: its point is not on the curve.</exception>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, string signatureOid)
    {
        if (Algorithm == PublicKeyAlgorithm.Other || HashOf(signatureOid, Algorithm == PublicKeyAlgorithm.Rsa) is not { } hash) return false;
        if (Algorithm == PublicKeyAlgorithm.Rsa)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo, out _);
            return rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1);
        }

        using var ecdsa = EcPublicKey.Import(this);
        return ecdsa.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    static HashAlgorithmName? HashOf(string signatureOid, bool rsa) => (signatureOid, rsa) switch
    {
        (Oids.EcdsaSha256, false) or (Oids.RsaSha256, true) => HashAlgorithmName.SHA256,
        (Oids.EcdsaSha384, false) or (Oids.RsaSha384, true) => HashAlgorithmName.SHA384,
        (Oids.EcdsaSha512, false) or (Oids.RsaSha512, true) => HashAlgorithmName.SHA512,
        _ => null,
    };
}
