using FleetPlatform.Events;
using FleetPlatform.Pki;
using Npgsql;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>
/// The first start: a root, an issuing authority below it, and the root's key put away. One replica does it, however many start at once:
/// an advisory lock keeps the others waiting, and the streams' versions would refuse a second one even without it.
/// </summary>
sealed class CreateIssuers(EventStore store, CertificateAuthorityOptions options, TimeProvider clock, ILogger<CreateIssuers> logger)
{
    const long Lock = 0x466C656574434131; // "FleetCA1"
    const string RootKeyFile = "offline/root-key.pem";
    const string IssuingKeyFile = "issuers/issuing-1.key.pem";

    static readonly SubjectName RootName = SubjectName.Of(new(Oids.Organization, "FleetPlatform"), new(Oids.CommonName, "FleetPlatform Root CA"));
    static readonly SubjectName IssuingName = SubjectName.Of(new(Oids.Organization, "FleetPlatform"), new(Oids.CommonName, "FleetPlatform Issuing CA 1"));

    /// <summary>Creates what is missing.</summary>
    /// <returns>The root and the issuing authority, as recorded.</returns>
    public async Task<(IssuerCreated Root, IssuerCreated Issuing)> Run(CancellationToken cancellation)
    {
        if (await Find(cancellation) is { } existing) return existing;

        await using var connection = await store.DataSource.OpenConnectionAsync(cancellation);
        await using (var take = new NpgsqlCommand("select pg_advisory_lock($1)", connection) { Parameters = { new() { Value = Lock } }, CommandTimeout = 120 })
            await take.ExecuteNonQueryAsync(cancellation);
        try
        {
            return await Find(cancellation) ?? await Create(cancellation);
        }
        finally
        {
            // Pooled connections are not reset (NoResetOnClose): the lock would stay.
            await using var release = new NpgsqlCommand("select pg_advisory_unlock($1)", connection) { Parameters = { new() { Value = Lock } } };
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    async Task<(IssuerCreated, IssuerCreated)?> Find(CancellationToken cancellation)
    {
        var found = await store.FetchAsync<Issuer, IssuerEvent>([Issuer.StreamOf(Issuer.RootId), Issuer.StreamOf(Issuer.IssuingId)], cancellation);
        return found[0].Aggregate.Created is { } root && found[1].Aggregate.Created is { } issuing ? (root, issuing) : null;
    }

    async Task<(IssuerCreated, IssuerCreated)> Create(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();

        // Keys before events: a recorded authority whose key is lost could never sign. Keys without events are put aside at the next start.
        using var rootKey = CreateKey(RootKeyFile, now);
        using var issuingKey = CreateKey(IssuingKeyFile, now);
        var rootDer = CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", options.RootValidity, pathLength: null), RootName, now);
        var signer = new CertificateIssuer(CertificateText.Read(rootDer), rootKey, serialPrefix: 0x01);
        var prepared = signer.Prepare(CertificateProfile.Authority("issuing", options.IssuerValidity, pathLength: 0), IssuingName,
            issuingKey.SubjectPublicKeyInfo, [], now);
        var issuingDer = signer.Sign(prepared);

        var root = Describe(Issuer.RootId, null, rootDer, RootKeyFile, serialPrefix: 0x01);
        var issuing = Describe(Issuer.IssuingId, Issuer.RootId, issuingDer, IssuingKeyFile, serialPrefix: 0x02);
        var session = store.OpenSession(new() { Actor = "certificate-authority" });
        session.StartStream(Issuer.StreamOf(root.IssuerId), root);
        session.StartStream(Issuer.StreamOf(issuing.IssuerId), issuing);
        await session.SaveChangesAsync(cancellation);
        Log.IssuersCreated(logger, root.CertificateId, issuing.CertificateId);
        return (root, issuing);
    }

    FileIssuerKey CreateKey(string file, DateTimeOffset now)
    {
        var path = Path.Combine(options.DataDirectory, file);
        // Not overwritten: it may be the key of a root that devices out there trust, beside a database that was lost.
        if (File.Exists(path)) File.Move(path, $"{path}.{now.ToUnixTimeMilliseconds()}.unused");
        return FileIssuerKey.Create(path, options.KeyPassphrase);
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
