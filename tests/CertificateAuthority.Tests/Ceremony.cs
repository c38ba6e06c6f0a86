using System.Security.Cryptography;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests;

/// <summary>
/// A root and an issuing authority, made once for all tests; each gets a copy, as an offline ceremony leaves it. Key files that another tool wrote open without the hundred thousand hashes
/// that ours take, which is most of what an authority's start costs.
/// </summary>
static class Ceremony
{
    static readonly PbeParameters Quick = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 1);
    static readonly Lazy<Dictionary<string, string>> Files = new(Make);

    /// <summary>When it was.</summary>
    public static DateTimeOffset At { get; } = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Puts a copy into an authority's data directory; the root's key beside it, for tests that sign with it.</summary>
    public static void Leave(string folder)
    {
        foreach (var (name, text) in Files.Value) OwnerOnlyFile.Write(Path.Combine(folder, name), text);
    }

    static Dictionary<string, string> Make()
    {
        var folder = TestAuthority.AFolder();
        try
        {
            var options = new CertificateAuthorityOptions();
            using var rootKey = Create(Path.Combine(folder, "root"), out var rootPem);
            using var issuingKey = Create(Path.Combine(folder, "issuing"), out var issuingPem);
            var root = CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", options.RootValidity, pathLength: null), SubjectName.OfCommonName("Root of the tests"), At);
            var signer = new CertificateIssuer(CertificateText.Read(root), rootKey, serialPrefix: 0x01);
            var issuing = signer.Sign(signer.Prepare(
                CertificateProfile.Authority("issuing", options.IssuerValidity, pathLength: 0), SubjectName.OfCommonName("Issuing CA of the tests"), issuingKey.SubjectPublicKeyInfo, [], At));
            var list = SignedRevocationList.Sign(signer.Certificate, rootKey, [], At.ToUnixTimeMilliseconds(), At, options.RootListValidity);
            return new Dictionary<string, string>
            {
                ["install/root-ca.pem"] = Pem.WriteCertificate(root),
                ["install/issuing.pem"] = Pem.WriteCertificate(issuing),
                ["install/issuing-key.pem"] = issuingPem,
                ["install/root-list.pem"] = Pem.Write(SignedRevocationList.Label, list),
                ["offline/root-key.pem"] = rootPem,
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static FileIssuerKey Create(string path, out string pem)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        pem = key.ExportEncryptedPkcs8PrivateKeyPem(TestAuthority.Passphrase, Quick) + "\n";
        File.WriteAllText(path, pem);
        return FileIssuerKey.Load(path, TestAuthority.Passphrase);
    }
}
