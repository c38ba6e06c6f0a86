using System.Security.Cryptography;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Commands;

/// <summary>What is done on the operator's own machine, without the platform: a root is made, and signs. Its key never meets a service.</summary>
static class Ceremony
{
    public const string RootFile = "root-ca.pem";
    public const string RootKeyFile = "root-key.pem";
    public const string ServiceFolder = "service";
    public const string RootListFile = "root-list.pem";

    /// <summary>Usual life of a root's list: nobody wants to open the safe every month.</summary>
    public static readonly TimeSpan RootListValidity = TimeSpan.FromDays(1826);

    static readonly TimeSpan RootValidity = TimeSpan.FromDays(9131);

    /// <summary>Makes a root and a first issuing authority below it.</summary>
    /// <param name="folder">Gets root-ca.pem and root-key.pem, and what the service is given in the folder <c>service</c>.</param>
    /// <param name="name">Beginning of both names.</param>
    /// <param name="rootPassphrase">Encrypts the root's key.</param>
    /// <param name="servicePassphrase">Encrypts the issuing authority's key; the service is configured with it.</param>
    /// <param name="keyType">Of both keys.</param>
    /// <param name="constraints">On everything below the issuing authority; null: none.</param>
    /// <param name="pkiUrl">Base URL of the lists, which the issuing authority's certificate will name; null: it names none.</param>
    /// <param name="now">Now.</param>
    public static void Init(
        string folder, string name, string rootPassphrase, string servicePassphrase, IssuerKeyType keyType, NameConstraints? constraints, string? pkiUrl, DateTimeOffset now)
    {
        if (File.Exists(Path.Combine(folder, RootKeyFile)))
            throw new CommandFailedException($"There is a root in {folder} already.", "Choose another folder: a root's key is never overwritten.");
        using var rootKey = FileIssuerKey.Create(Path.Combine(folder, RootKeyFile), rootPassphrase, keyType);
        using var issuingKey = FileIssuerKey.Create(Path.Combine(folder, ServiceFolder, "issuing-key.pem"), servicePassphrase, keyType);
        var root = CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", RootValidity, pathLength: null), Named($"{name} Root CA"), now);
        var signer = new CertificateIssuer(CertificateText.Read(root), rootKey, serialPrefix: 0x01);
        var profile = CertificateProfile.Authority("issuing", TimeSpan.FromDays(7305), pathLength: 0) with { NameConstraints = constraints, RevocationListUrl = ListUrl(pkiUrl, signer.Certificate) };
        var issuing = signer.Sign(signer.Prepare(profile, Named($"{name} Issuing CA 1"), issuingKey.SubjectPublicKeyInfo, [], now));
        File.WriteAllText(Path.Combine(folder, RootFile), Pem.WriteCertificate(root));
        File.WriteAllText(Path.Combine(folder, ServiceFolder, RootFile), Pem.WriteCertificate(root));
        File.WriteAllText(Path.Combine(folder, ServiceFolder, "issuing.pem"), Pem.WriteCertificate(issuing));
        var list = Pem.Write(SignedRevocationList.Label, SignedRevocationList.Sign(signer.Certificate, rootKey, [], now.ToUnixTimeMilliseconds(), now, RootListValidity));
        File.WriteAllText(Path.Combine(folder, RootListFile), list);
        File.WriteAllText(Path.Combine(folder, ServiceFolder, RootListFile), list);

        SubjectName Named(string commonName) => SubjectName.Of(new(Oids.Organization, name), new(Oids.CommonName, commonName));
    }

    /// <summary>Signs an issuing authority's request with a root's key.</summary>
    /// <returns>The certificate in PEM.</returns>
    /// <exception cref="CommandFailedException">Key, root or request cannot be used, or a rule would be broken.</exception>
    public static string Sign(
        string rootPem, string rootKeyFile, string passphrase, string csrPem, TimeSpan validity, int pathLength, NameConstraints? constraints, string? pkiUrl, DateTimeOffset now) =>
        Guarded(() =>
        {
            using var key = Open(rootPem, rootKeyFile, passphrase, out var root);
            var request = SigningRequest.Read(csrPem);
            var signer = new CertificateIssuer(root, key, serialPrefix: 0x01);
            var profile = CertificateProfile.Authority("issuing", validity, pathLength) with { NameConstraints = constraints, RevocationListUrl = ListUrl(pkiUrl, root) };
            return Pem.WriteCertificate(signer.Sign(signer.Prepare(profile, request.Subject, request.SubjectPublicKeyInfo, [], now)));
        });

    /// <summary>Cuts a root's list about the authorities below it.</summary>
    /// <param name="formerPem">The list before, whose entries stay; null: there is none.</param>
    /// <param name="revoke">Certificates of authorities that end, with the reason's number (RFC 5280 §5.3.1).</param>
    /// <returns>The list in PEM.</returns>
    /// <exception cref="CommandFailedException">Key, root, list or certificate cannot be used.</exception>
    public static string CutList(
        string rootPem, string rootKeyFile, string passphrase, string? formerPem, IReadOnlyList<(string Pem, int Reason)> revoke, TimeSpan validity, DateTimeOffset now) =>
        Guarded(() =>
        {
            using var key = Open(rootPem, rootKeyFile, passphrase, out var root);
            var former = formerPem is null ? null : SignedRevocationList.ReadPem(formerPem);
            if (former?.IsSignedBy(root) is false) throw new CommandFailedException("The list before is another root's.", "Give the last list that this root has signed.");
            var entries = former?.Entries.ToList() ?? [];
            foreach (var (pem, reason) in revoke)
            {
                var authority = CertificateText.ReadPem(pem);
                if (!authority.IsSignedBy(root)) throw new CommandFailedException("A certificate to be revoked was not signed by this root.", "A root's list is about the authorities right below it.");
                entries.Add(new(authority.SerialNumber, now, reason));
            }

            var number = Math.Max((former?.Number ?? 0) + 1, now.ToUnixTimeMilliseconds());
            return Pem.Write(SignedRevocationList.Label, SignedRevocationList.Sign(root, key, entries, number, now, validity));
        });

    static string? ListUrl(string? pkiUrl, CertificateText root) => pkiUrl is null ? null : RevocationPoints.RootListUrl(pkiUrl, root.SubjectPublicKeyInfo.Span);

    static FileIssuerKey Open(string rootPem, string rootKeyFile, string passphrase, out CertificateText root)
    {
        root = CertificateText.ReadPem(rootPem);
        var key = FileIssuerKey.Load(rootKeyFile, passphrase);
        if (root.SubjectPublicKeyInfo.Span.SequenceEqual(key.SubjectPublicKeyInfo.Span)) return key;
        key.Dispose();
        throw new CommandFailedException("The key is not the one of the root.", "Give the root's certificate and its key.");
    }

    static string Guarded(Func<string> sign)
    {
        try
        {
            return sign();
        }
        catch (Exception wrong) when (wrong is PkiException or CryptographicException or LintException or IOException)
        {
            throw new CommandFailedException($"Nothing was signed: {wrong.Message}", "Check the passphrase, the root and the request.");
        }
    }
}
