using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Stories;

/// <summary>A CA that is not the platform's, and the devices under it.</summary>
sealed class OwnCa : IDisposable
{
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public OwnCa(string name, OwnCa? parent = null)
    {
        var request = new CertificateRequest($"O=Stories,CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = parent is null
            ? request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30))
            : request.Create(parent.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(parent._key), DateTimeOffset.UtcNow.AddDays(-1),
                DateTimeOffset.UtcNow.AddDays(29), RandomNumberGenerator.GetBytes(16));
    }

    public X509Certificate2 Certificate { get; }
    public string Pem => Certificate.ExportCertificatePem();
    public string KeyPem => _key.ExportPkcs8PrivateKeyPem();

    public OwnCa Below(string name) => new(name, this);

    public X509Certificate2 Signs(string commonName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        using var signed = request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}
