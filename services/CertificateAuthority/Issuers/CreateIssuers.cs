using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Events;
using FleetPlatform.Events.Subscriptions;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>
/// The first start: takes over what an offline ceremony has left in the folder <c>install</c>; without one, makes a root, an issuing authority below
/// it, and puts the root's key away. One replica does it, however many start at once: an advisory lock keeps the others waiting, and the streams'
/// versions would refuse a second one even without it.
/// </summary>
sealed class CreateIssuers(EventStore store, IssuerKeyStores keys, CertificateAuthorityOptions options, TimeProvider clock, ILogger<CreateIssuers> logger)
{
    const string RootKeyFile = "offline/root-key.pem";
    const string IssuingKeyFile = "issuers/issuing-1.key.pem";
    const string CeremonyFolder = "install";

    static readonly SubjectName RootName = SubjectName.Of(new(Oids.Organization, "FleetPlatform"), new(Oids.CommonName, "FleetPlatform Root CA"));
    static readonly SubjectName IssuingName = SubjectName.Of(new(Oids.Organization, "FleetPlatform"), new(Oids.CommonName, "FleetPlatform Issuing CA 1"));

    /// <summary>Creates what is missing.</summary>
    /// <returns>The root and the first issuing authority, as recorded.</returns>
    public async Task<(IssuerCreated Root, IssuerCreated Issuing)> Run(CancellationToken cancellation)
    {
        if (await Find(cancellation) is { } existing) return existing;

        await using var turn = await Leadership.Take(store.DataSource, "fleet.issuers", cancellation);
        return await Find(cancellation) ?? (Directory.Exists(InstallFolder) ? await TakeOver(cancellation) : await Create(cancellation));
    }

    string InstallFolder => Path.Combine(options.DataDirectory, CeremonyFolder);

    async Task<(IssuerCreated, IssuerCreated)?> Find(CancellationToken cancellation)
    {
        var found = await store.FetchAsync<Issuer, IssuerEvent>([Issuer.StreamOf(Issuer.RootId), Issuer.StreamOf(Issuer.IssuingId)], cancellation);
        return found[0].Aggregate.Created is { } root && found[1].Aggregate.Created is { } issuing ? (root, issuing) : null;
    }

    async Task<(IssuerCreated, IssuerCreated)> Create(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();

        // Keys before events: a recorded authority whose key is lost could never sign. Keys without events are put aside at the next start.
        using var rootKey = keys.Files.Create(RootKeyFile, IssuerKeyType.EcdsaP256, now);
        using var issuingKey = keys.Files.Create(IssuingKeyFile, IssuerKeyType.EcdsaP256, now);
        var rootDer = CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", options.RootValidity, pathLength: null), RootName, now);
        var signer = new CertificateIssuer(CertificateText.Read(rootDer), rootKey, serialPrefix: 0x01);
        var profile = CertificateProfile.Authority("issuing", options.IssuerValidity, pathLength: 0) with
        {
            RevocationListUrl = options.RevocationUrl.Length > 0 ? RevocationPoints.RootListUrl(options.RevocationUrl, rootKey.SubjectPublicKeyInfo.Span) : null,
        };
        var prepared = signer.Prepare(profile, IssuingName,
            issuingKey.SubjectPublicKeyInfo, [], now);
        var list = SignedRevocationList.Sign(signer.Certificate, rootKey, [], now.ToUnixTimeMilliseconds(), now, options.RootListValidity);
        return await Record(rootDer, RootKeyFile, signer.Sign(prepared), list, cancellation);
    }

    // The ceremony's root was never on this machine and its key never will be. What cannot be used stops the start: it says what to correct.
    async Task<(IssuerCreated, IssuerCreated)> TakeOver(CancellationToken cancellation)
    {
        var root = Pem.ReadCertificate(await Read("root-ca.pem", cancellation));
        var issuing = Pem.ReadCertificate(await Read("issuing.pem", cancellation));
        var anchor = TrustAnchor.Read(root);
        using (anchor.Key)
        {
            var certificate = CertificateText.Read(issuing);
            var fault = CertificatePath.FindAuthorityFault(certificate, clock.GetUtcNow())
                ?? CertificatePath.Find(certificate, [], _ => [anchor], clock.GetUtcNow(), out _);
            if (fault is not null)
                throw new InvalidOperationException($"What is in {InstallFolder} cannot be used: {fault}");
        }

        var list = await ReadRootList(root, issuing, cancellation);
        var keyText = await Read("issuing-key.pem", cancellation);
        var path = keys.Files.PathOf(IssuingKeyFile);
        using (var key = FileIssuerKey.Load(Path.Combine(InstallFolder, "issuing-key.pem"), options.KeyPassphrase))
            if (!key.SubjectPublicKeyInfo.Span.SequenceEqual(CertificateText.Read(issuing).SubjectPublicKeyInfo.Span))
                throw new InvalidOperationException($"The key in {InstallFolder} is not the one of issuing.pem.");
        keys.Files.PutAside(IssuingKeyFile, clock.GetUtcNow());
        OwnerOnlyFile.Write(path, keyText);
        var recorded = await Record(root, rootKeyFile: "", issuing, list, cancellation);
        File.Delete(Path.Combine(InstallFolder, "issuing-key.pem"));
        return recorded;
    }

    async Task<string> Read(string file, CancellationToken cancellation)
    {
        var path = Path.Combine(InstallFolder, file);
        return File.Exists(path) ? await File.ReadAllTextAsync(path, cancellation)
            : throw new InvalidOperationException($"{path} is missing. A ceremony leaves root-ca.pem, issuing.pem and issuing-key.pem (docs/pki.md).");
    }

    // Without one nobody can check the whole chain; it may be installed later.
    async Task<byte[]?> ReadRootList(byte[] root, byte[] issuing, CancellationToken cancellation)
    {
        var path = Path.Combine(InstallFolder, "root-list.pem");
        if (!File.Exists(path)) return null;
        var list = SignedRevocationList.ReadPem(await File.ReadAllTextAsync(path, cancellation));
        var serial = InstallRootList.SerialOf(CertificateText.Read(issuing).SerialNumber.Span);
        var decision = InstallRootList.Decide(list, list.IsSignedBy(CertificateText.Read(root)) ? root : null, RootList.Initial, [(Issuer.IssuingId, serial)], "ceremony", clock.GetUtcNow());
        return decision.Refusal is { } refusal ? throw new InvalidOperationException($"{path} cannot be used: {refusal.Detail}") : list.Der.ToArray();
    }

    async Task<(IssuerCreated, IssuerCreated)> Record(byte[] rootDer, string rootKeyFile, byte[] issuingDer, byte[]? rootList, CancellationToken cancellation)
    {
        var root = Describe(Issuer.RootId, null, rootDer, rootKeyFile, serialPrefix: 0x01);
        var issuing = Describe(Issuer.IssuingId, Issuer.RootId, issuingDer, IssuingKeyFile, serialPrefix: 0x02);
        var session = store.OpenSession(new() { Actor = "certificate-authority" });
        session.StartStream(Issuer.StreamOf(root.IssuerId), root);
        session.StartStream(Issuer.StreamOf(issuing.IssuerId), issuing);
        if (rootList is not null)
        {
            var list = SignedRevocationList.Read(rootList);
            session.StartStream(RootList.StreamOf(root.CertificateId), new RootListInstalled(
                root.CertificateId, rootList, list.Number, list.ThisUpdate, list.NextUpdate, [], "certificate-authority", clock.GetUtcNow()));
        }

        await session.SaveChangesAsync(cancellation);
        if (rootKeyFile.Length == 0) Log.IssuersTakenOver(logger, root.CertificateId, issuing.CertificateId);
        else Log.IssuersCreated(logger, root.CertificateId, issuing.CertificateId);
        return (root, issuing);
    }

    static IssuerCreated Describe(string id, string? parent, byte[] der, string keyFile, byte serialPrefix) => new()
    {
        IssuerId = id,
        ParentId = parent,
        CertificateId = CertificateId.Of(der),
        Certificate = der,
        KeyFile = keyFile,
        SerialPrefix = serialPrefix,
    };
}
