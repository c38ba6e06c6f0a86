using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>An authority's public key, imported once: checking a signature with it costs a third of importing it first. Safe for concurrent use.</summary>
public sealed class VerificationKey : IDisposable
{
    readonly AsymmetricAlgorithm _key;
    readonly Lock _gate = new();

    VerificationKey(AsymmetricAlgorithm key) => _key = key;

    /// <summary>Imports the key of a certificate.</summary>
    /// <exception cref="PkiException"><c>weak-key</c>: no key of <see cref="KeyPolicy"/>, or not a valid one.</exception>
    public static VerificationKey Of(CertificateText certificate)
    {
        var spki = certificate.SubjectPublicKeyInfo.Span;
        if (KeyPolicy.FindFault(PublicKey.Read(spki)) is { } weakness) throw new PkiException(PkiFailures.WeakKey, weakness);
        AsymmetricAlgorithm key = certificate.KeyAlgorithm == PublicKeyAlgorithm.Rsa ? RSA.Create() : ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(spki, out _);
            return new(key);
        }
        catch (CryptographicException)
        {
            key.Dispose();
            throw new PkiException(PkiFailures.WeakKey, "The public key is not a valid key: its point is not on the curve.");
        }
    }

    /// <summary>
    /// Whether a certificate's signature verifies: RSA PKCS#1 v1.5, RSASSA-PSS (salt as long as the hash) or ECDSA, with SHA-256, SHA-384 or SHA-512.
    /// False for every other algorithm, and where the algorithms inside and outside the signed part differ (§4.1.1.2).
    /// </summary>
    public bool HasSigned(CertificateText certificate)
    {
        if (!certificate.SignatureAlgorithmDer.Span.SequenceEqual(certificate.OuterSignatureAlgorithmDer.Span)) return false;
        try
        {
            var (hash, padding) = Read(certificate.SignatureAlgorithmDer.Span);
            lock (_gate) // the framework promises nothing about concurrent use of one key object
            {
                return _key switch
                {
                    RSA rsa when padding is not null => rsa.VerifyData(certificate.Tbs.Span, certificate.Signature.Span, hash, padding),
                    ECDsa ecdsa when padding is null =>
                        ecdsa.VerifyData(certificate.Tbs.Span, certificate.Signature.Span, hash, DSASignatureFormat.Rfc3279DerSequence),
                    _ => false,
                };
            }
        }
        catch (Exception malformed) when (malformed is CryptographicException or AsnContentException)
        {
            return false; // a malformed signature is a wrong one, whatever the library below calls it (peers 3.2 case 7)
        }
    }

    // Padding is null for ECDSA.
    static (HashAlgorithmName Hash, RSASignaturePadding? Padding) Read(ReadOnlySpan<byte> der)
    {
        var algorithm = DerReader.ReadWhole(der, Asn1Tag.Sequence);
        return DerReader.ReadOid(ref algorithm) switch
        {
            Oids.EcdsaSha256 => (HashAlgorithmName.SHA256, null),
            Oids.EcdsaSha384 => (HashAlgorithmName.SHA384, null),
            Oids.EcdsaSha512 => (HashAlgorithmName.SHA512, null),
            Oids.RsaSha256 => (HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            Oids.RsaSha384 => (HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            Oids.RsaSha512 => (HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            Oids.RsaPss => (ReadPssHash(algorithm), RSASignaturePadding.Pss),
            _ => throw new AsnContentException("The signature algorithm is not accepted."),
        };
    }

    // RFC 4055 §3.1: the hash is the first member; without one it would be SHA-1.
    static HashAlgorithmName ReadPssHash(ReadOnlySpan<byte> parameters)
    {
        var members = DerReader.Read(ref parameters, Asn1Tag.Sequence);
        var hash = DerReader.Read(ref members, new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
        var algorithm = DerReader.Read(ref hash, Asn1Tag.Sequence);
        return DerReader.ReadOid(ref algorithm) switch
        {
            Oids.Sha256 => HashAlgorithmName.SHA256,
            Oids.Sha384 => HashAlgorithmName.SHA384,
            Oids.Sha512 => HashAlgorithmName.SHA512,
            _ => throw new AsnContentException("The hash is not accepted."),
        };
    }

    public void Dispose() => _key.Dispose();
}
