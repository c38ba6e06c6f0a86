using System.Security.Cryptography;
using FleetPlatform.Pki;

namespace FleetPlatform.Pki.Tests;

/// <summary>A root and an intermediate in memory, for tests.</summary>
sealed class Authority : IDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan TenYears = TimeSpan.FromDays(3652);

    readonly string _folder = Directory.CreateTempSubdirectory("pki-tests-").FullName;

    public Authority(DateTimeOffset? now = null, TimeSpan? validity = null)
    {
        var instant = now ?? Noon;
        var rootKey = FileIssuerKey.Create(Path.Combine(_folder, "root.pem"), "passphrase");
        RootDer = CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", TimeSpan.FromDays(7305), pathLength: null),
            SubjectName.Of(new(Oids.Organization, "FleetPlatform"), new(Oids.CommonName, "Test root")), instant);
        Key = FileIssuerKey.Create(Path.Combine(_folder, "issuing.pem"), "passphrase");
        var root = new CertificateIssuer(CertificateText.Read(RootDer), rootKey, serialPrefix: 1);
        var prepared = root.Prepare(CertificateProfile.Authority("intermediate", validity ?? TenYears, pathLength: 0),
            SubjectName.OfCommonName("Test issuing"), Key.SubjectPublicKeyInfo, [], instant);
        IssuingDer = root.Sign(prepared);
        Issuer = new(CertificateText.Read(IssuingDer), Key, serialPrefix: 2);
    }

    public byte[] RootDer { get; }

    public byte[] IssuingDer { get; }

    public FileIssuerKey Key { get; }

    public CertificateIssuer Issuer { get; }

    public static CertificateProfile DeviceProfile { get; } = CertificateProfile.Client("device", TenYears, TimeSpan.FromHours(1));

    public byte[] Issue(string csr, CertificateProfile? profile = null)
    {
        var request = SigningRequest.Read(csr);
        return Issuer.Sign(Issuer.Prepare(profile ?? DeviceProfile, request.Subject, request.SubjectPublicKeyInfo, [], Noon));
    }

    public string File(string name, string contents)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, contents);
        return path;
    }

    public void Dispose()
    {
        Key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Key pairs that take long to make, made once.</summary>
static class Keys
{
    public static RSA Rsa2048 { get; } = RSA.Create(2048);
}
