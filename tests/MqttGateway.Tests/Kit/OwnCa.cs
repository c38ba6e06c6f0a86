using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>A customer's CA, made by the framework and not by the code under test.</summary>
sealed class OwnCa
{
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly X509Certificate2 _certificate;

    public OwnCa(string name)
    {
        var request = new CertificateRequest($"O=Customer,CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        Id = CertificateId.Of(_certificate.RawData);
    }

    public string Id { get; }

    public TrustedAuthorityDescription Describe(bool autoRegistration = true, string? template = null, bool admits = false, CertificateMode mode = CertificateMode.Default) => new()
    {
        CaCertificateId = Id, CertificatePem = _certificate.ExportCertificatePem(), Active = true, AutoRegistration = autoRegistration, Mode = mode,
        Config = template is null ? null : new() { TemplateName = template }, AdmitsAtFirstConnection = admits, CreatedAt = DateTimeOffset.UnixEpoch,
        LastModifiedAt = DateTimeOffset.UnixEpoch, NotBefore = DateTimeOffset.UnixEpoch, NotAfter = DateTimeOffset.UnixEpoch, CustomerVersion = 1,
    };

    /// <summary>A device's certificate, signed by this CA, or by another key in its name.</summary>
    public TestCertificate Signs(string subject, ECDsa? by = null, RSA? deviceKey = null, byte[]? serial = null)
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = deviceKey is null
            ? new CertificateRequest($"CN={subject}", ec, HashAlgorithmName.SHA256)
            : new CertificateRequest($"CN={subject}", deviceKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var signed = request.Create(_certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(by ?? _key), DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddDays(1), serial ?? RandomNumberGenerator.GetBytes(16));
        return new(deviceKey is null ? signed.CopyWithPrivateKey(ec) : signed.CopyWithPrivateKey(deviceKey));
    }
}
