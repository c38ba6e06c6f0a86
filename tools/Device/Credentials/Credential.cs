using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Pki;

namespace FleetPlatform.Device;

/// <summary>A certificate and its private key.</summary>
public sealed class Credential
{
    readonly Lazy<SslStreamCertificateContext> _context;

    /// <param name="certificatePem">One certificate.</param>
    /// <param name="privateKeyPem">Its key: SEC 1, PKCS#1 or PKCS#8.</param>
    /// <exception cref="PkiException">One of the two cannot be read, or the key is another certificate's.</exception>
    public Credential(string certificatePem, string privateKeyPem)
    {
        (CertificatePem, PrivateKeyPem) = (certificatePem, privateKeyPem);
        var der = Pem.ReadCertificate(certificatePem);
        CertificateId = Pki.CertificateId.Of(der);
        var text = CertificateText.Read(der);
        (NotBefore, NotAfter) = (text.NotBefore, text.NotAfter);
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        using var key = KeyPair.FromPem(privateKeyPem);
        if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.SubjectPublicKeyInfo))
            throw new PkiException(PkiFailures.CertificateInvalid, "The private key is not the certificate's.");
        _context = new(Open);
    }

    public string CertificatePem { get; }
    public string PrivateKeyPem { get; }

    /// <summary>SHA-256 of the DER certificate, 64 lower-case hex digits.</summary>
    public string CertificateId { get; }

    public DateTimeOffset NotBefore { get; }

    /// <summary>When the certificate expires.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>For TLS connections; made once, shared by all that use this credential.</summary>
    public SslStreamCertificateContext Context => _context.Value;

    /// <summary>Reads two PEM texts.</summary>
    /// <returns>Null when they are no usable pair.</returns>
    public static Credential? TryRead(string? certificatePem, string? privateKeyPem)
    {
        if (certificatePem is null || privateKeyPem is null) return null;
        try
        {
            return new(certificatePem, privateKeyPem);
        }
        catch (Exception unusable) when (unusable is PkiException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Says which certificate; never the key.</summary>
    public override string ToString() => $"credential {CertificateId}";

    SslStreamCertificateContext Open()
    {
        using var key = KeyPair.FromPem(PrivateKeyPem);
        return SslStreamCertificateContext.Create(key.ToX509(CertificatePem), null, offline: true);
    }
}
