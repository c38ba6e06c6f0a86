using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace FleetPlatform.Pki;

/// <summary>A key pair of a device: made, kept, and used to ask for a certificate and to connect with it.</summary>
public sealed class KeyPair : IDisposable
{
    readonly AsymmetricAlgorithm _key;
    readonly EcPrivateKey? _made;

    KeyPair(AsymmetricAlgorithm key)
    {
        _key = key;
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
    }

    KeyPair(EcPrivateKey made) => (_made, _key, SubjectPublicKeyInfo) = (made, made.ToEcdsa(), made.ExportPublicKey());

    /// <summary>The public key in DER.</summary>
    public byte[] SubjectPublicKeyInfo { get; }

    /// <summary>The public key in PEM, label PUBLIC KEY.</summary>
    public string PublicKeyPem => Pem.Write(Pem.PublicKey, SubjectPublicKeyInfo);

    /// <summary>True for RSA, false for EC.</summary>
    public bool IsRsa => _key is RSA;

    /// <summary>The private key in PEM: EC PRIVATE KEY (SEC 1) or RSA PRIVATE KEY (PKCS#1), with a trailing newline.</summary>
    public string PrivateKeyPem => Encoding.ASCII.GetString(ExportPrivateKeyPem());

    /// <summary>Makes an EC key pair on P-256.</summary>
    public static KeyPair CreateEcdsaP256() => EcPrivateKey.TryCreateP256() is { } made ? new(made) : new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Makes an RSA-2048 key pair. Takes 150 to 500 ms of CPU.</summary>
    public static KeyPair CreateRsa2048()
    {
        var rsa = RSA.Create(2048);
        rsa.ExportParameters(includePrivateParameters: false); // made lazily otherwise: the cost belongs here
        return new(rsa);
    }

    /// <summary>Reads a private key in PEM (SEC 1, PKCS#1 or PKCS#8).</summary>
    /// <exception cref="PkiException"><c>weak-key</c>: neither RSA nor EC, or not readable.</exception>
    public static KeyPair FromPem(ReadOnlySpan<char> pem)
    {
        foreach (var candidate in (ReadOnlySpan<Func<AsymmetricAlgorithm>>)[ECDsa.Create, RSA.Create])
        {
            var key = candidate();
            try
            {
                key.ImportFromPem(pem);
                return new(key);
            }
            catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
            {
                key.Dispose();
            }
        }

        throw new PkiException(PkiFailures.WeakKey, "The private key is neither RSA nor EC in PEM.");
    }

    /// <summary>The private key in PEM as ASCII octets, for callers that erase it after use.</summary>
    public byte[] ExportPrivateKeyPem()
    {
        var der = _key is RSA rsa ? rsa.ExportRSAPrivateKey() : _made?.ExportPrivateKey() ?? ((ECDsa)_key).ExportECPrivateKey();
        var label = _key is RSA ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
        var characters = ArrayPool<char>.Shared.Rent(PemEncoding.GetEncodedSize(label.Length, der.Length) + 1);
        try
        {
            PemEncoding.TryWrite(label, der, characters, out var written);
            characters[written++] = '\n';
            return Encoding.ASCII.GetBytes(characters, 0, written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
            ArrayPool<char>.Shared.Return(characters, clearArray: true);
        }
    }

    /// <summary>Asks for a certificate: PKCS#10 in PEM, signed with SHA-256.</summary>
    /// <param name="commonName">Common name of the subject.</param>
    public string CreateSigningRequest(string commonName) => CreateSigningRequest(SubjectName.OfCommonName(commonName));

    /// <summary>Asks for a certificate: PKCS#10 in PEM, signed with SHA-256.</summary>
    /// <param name="subject">The subject; may be empty.</param>
    public string CreateSigningRequest(SubjectName subject) =>
        SigningRequestText.Write(SubjectPublicKeyInfo, subject, IsRsa ? Oids.RsaSha256 : Oids.EcdsaSha256, Sign);

    /// <summary>Signs with SHA-256: PKCS#1 v1.5, or ECDSA as a DER sequence.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => _key is RSA rsa
        ? rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : ((ECDsa)_key).SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>A certificate with this key, for a TLS client or server. The caller disposes it; it does not need this object afterwards.</summary>
    /// <param name="certificatePem">One certificate whose public key is this one.</param>
    public X509Certificate2 ToX509(string certificatePem)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(Pem.ReadCertificate(certificatePem));
        return _key is RSA rsa ? certificate.CopyWithPrivateKey(rsa) : certificate.CopyWithPrivateKey((ECDsa)_key);
    }

    public void Dispose()
    {
        _key.Dispose();
        _made?.Dispose();
    }
}
