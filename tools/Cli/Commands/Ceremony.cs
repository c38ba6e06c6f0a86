using System.Security.Cryptography;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Commands;

/// <summary>What is done on the operator's own machine, without the platform: a root is made, and signs. Its key never meets a service.</summary>
static class Ceremony
{
    public const string RootFile = "root-ca.pem";
    public const string RootKeyFile = "root-key.pem";
    public const string ServiceFolder = "service";

    static readonly TimeSpan RootValidity = TimeSpan.FromDays(9131);

    /// <summary>Makes a root and a first issuing authority below it.</summary>
    /// <param name="folder">Gets root-ca.pem and root-key.pem, and what the service is given in the folder <c>service</c>.</param>
    /// <param name="name">Beginning of both names.</param>
    /// <param name="rootPassphrase">Encrypts the root's key.</param>
    /// <param name="servicePassphrase">Encrypts the issuing authority's key; the service is configured with it.</param>
    /// <param name="keyType">Of both keys.</param>
    /// <param name="constraints">On everything below the issuing authority; null: none.</param>
    /// <param name="now">Now.</param>
    public static void Init(
        string folder, string name, string rootPassphrase, string servicePassphrase, IssuerKeyType keyType, NameConstraints? constraints, DateTimeOffset now)
    {
        if (File.Exists(Path.Combine(folder, RootKeyFile)))
            throw new CommandFailedException($"There is a root in {folder} already.", "Choose another folder: a root's key is never overwritten.");
        using var rootKey = FileIssuerKey.Create(Path.Combine(folder, RootKeyFile), rootPassphrase, keyType);
        using var issuingKey = FileIssuerKey.Create(Path.Combine(folder, ServiceFolder, "issuing-key.pem"), servicePassphrase, keyType);
        var root = CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", RootValidity, pathLength: null), Named($"{name} Root CA"), now);
        var signer = new CertificateIssuer(CertificateText.Read(root), rootKey, serialPrefix: 0x01);
        var profile = CertificateProfile.Authority("issuing", TimeSpan.FromDays(7305), pathLength: 0) with { NameConstraints = constraints };
        var issuing = signer.Sign(signer.Prepare(profile, Named($"{name} Issuing CA 1"), issuingKey.SubjectPublicKeyInfo, [], now));
        File.WriteAllText(Path.Combine(folder, RootFile), Pem.WriteCertificate(root));
        File.WriteAllText(Path.Combine(folder, ServiceFolder, RootFile), Pem.WriteCertificate(root));
        File.WriteAllText(Path.Combine(folder, ServiceFolder, "issuing.pem"), Pem.WriteCertificate(issuing));

        SubjectName Named(string commonName) => SubjectName.Of(new(Oids.Organization, name), new(Oids.CommonName, commonName));
    }

    /// <summary>Signs an issuing authority's request with a root's key.</summary>
    /// <returns>The certificate in PEM.</returns>
    /// <exception cref="CommandFailedException">Key, root or request cannot be used, or a rule would be broken.</exception>
    public static string Sign(
        string rootPem, string rootKeyFile, string passphrase, string csrPem, TimeSpan validity, int pathLength, NameConstraints? constraints, DateTimeOffset now)
    {
        try
        {
            using var key = FileIssuerKey.Load(rootKeyFile, passphrase);
            var root = CertificateText.ReadPem(rootPem);
            if (!root.SubjectPublicKeyInfo.Span.SequenceEqual(key.SubjectPublicKeyInfo.Span))
                throw new CommandFailedException("The key is not the one of the root.", "Give the root's certificate and its key.");
            var request = SigningRequest.Read(csrPem);
            var signer = new CertificateIssuer(root, key, serialPrefix: 0x01);
            var profile = CertificateProfile.Authority("issuing", validity, pathLength) with { NameConstraints = constraints };
            return Pem.WriteCertificate(signer.Sign(signer.Prepare(profile, request.Subject, request.SubjectPublicKeyInfo, [], now)));
        }
        catch (Exception wrong) when (wrong is PkiException or CryptographicException or LintException or IOException)
        {
            throw new CommandFailedException($"Nothing was signed: {wrong.Message}", "Check the passphrase, the root and the request.");
        }
    }
}
