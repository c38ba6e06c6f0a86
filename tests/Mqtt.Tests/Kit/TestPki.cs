using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>A root, a server and as many clients as a test wants. All P-256, as in production.</summary>
sealed class TestPki
{
    readonly X509Certificate2 _root;

    TestPki()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Server = SslStreamCertificateContext.Create(Issue("localhost", server: true), [_root], offline: true);
    }

    public static TestPki Shared { get; } = new();

    public SslStreamCertificateContext Server { get; }
    public X509Certificate2Collection Roots => [_root];
    public string RootPem => _root.ExportCertificatePem();

    public X509Certificate2 Issue(string name, bool server = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (server)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var issued = request.Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    public MqttClientTls ClientTls(X509Certificate2? certificate = null, SslProtocols protocols = SslProtocols.Tls12 | SslProtocols.Tls13, params string[] alpn) => new()
    {
        Certificate = certificate ?? Issue("device"), Roots = Roots, Protocols = protocols, ApplicationProtocols = alpn,
    };
}
