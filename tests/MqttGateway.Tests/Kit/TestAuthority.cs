using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Pki;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>Makes certificates of every kind a gateway may meet, good and bad.</summary>
static class TestAuthority
{
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static X509Certificate2 Root { get; } = MakeRoot();

    public static string RootPem => Root.ExportCertificatePem() + "\n";

    /// <summary>A device's or claim's certificate, valid now unless said otherwise.</summary>
    public static TestCertificate Client(string name = "device", TimeSpan? from = null, TimeSpan? until = null, string? purpose = ClientAuthentication, bool isAuthority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (isAuthority) request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (purpose is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var signed = Sign(request, from ?? TimeSpan.FromHours(-1), until ?? TimeSpan.FromDays(1));
        return new(signed.CopyWithPrivateKey(key));
    }

    /// <summary>Signs somebody else's key.</summary>
    public static string Certify(string csrPem, IReadOnlyList<string> names)
    {
        var asked = SigningRequest.Read(csrPem);
        using var key = System.Security.Cryptography.ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(asked.SubjectPublicKeyInfo.Span, out _);
        var request = new CertificateRequest("CN=certified", key, HashAlgorithmName.SHA256);
        if (names.Count > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
                if (System.Net.IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
                else alternatives.AddDnsName(name);
            request.CertificateExtensions.Add(alternatives.Build());
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(names.Count > 0 ? ServerAuthentication : ClientAuthentication)], false));
        using var signed = Sign(request, TimeSpan.FromHours(-1), TimeSpan.FromDays(90));
        return signed.ExportCertificatePem() + "\n";
    }

    static X509Certificate2 Sign(CertificateRequest request, TimeSpan from, TimeSpan until)
    {
        var now = DateTimeOffset.UtcNow;
        return request.Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(Key), now + from, now + until, RandomNumberGenerator.GetBytes(16));
    }

    static X509Certificate2 MakeRoot()
    {
        var request = new CertificateRequest("CN=Test root", Key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var self = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        return X509CertificateLoader.LoadCertificate(self.RawData);
    }
}

/// <summary>A certificate with its key, and the name the platform knows it by.</summary>
sealed record TestCertificate(X509Certificate2 Certificate)
{
    public string Id { get; } = CertificateId.Of(Certificate.RawData);
}
