using FleetPlatform.Events;
using FleetPlatform.Pki;
using Npgsql;

namespace FleetPlatform.Bench;

/// <summary>Issuing as services/CertificateAuthority does it: the same library, the same events on the same streams, without the bus.</summary>
sealed class IssuePath : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-issue-bench-");
    readonly FileIssuerKey _key;
    readonly EventStore? _store;
    readonly CertificateProfile _profile = CertificateProfile.Client("device", TimeSpan.FromDays(3650), TimeSpan.FromHours(1));

    /// <param name="store">Where intent and fact are recorded; null: nowhere.</param>
    public IssuePath(EventStore? store)
    {
        _store = store;
        using var rootKey = FileIssuerKey.Create(Path.Combine(_folder.FullName, "root.pem"), "bench passphrase");
        _key = FileIssuerKey.Create(Path.Combine(_folder.FullName, "issuing.pem"), "bench passphrase");
        var root = CertificateText.Read(CertificateIssuer.SelfSign(rootKey, CertificateProfile.Authority("root", TimeSpan.FromDays(9131), null),
            SubjectName.OfCommonName("Bench root"), Now));
        var signer = new CertificateIssuer(root, rootKey, serialPrefix: 1);
        Signer = new(CertificateText.Read(signer.Sign(signer.Prepare(CertificateProfile.Authority("issuing", TimeSpan.FromDays(7305), 0),
            SubjectName.Of(new(Oids.Organization, "FleetPlatform"), new(Oids.CommonName, "Bench issuing")), _key.SubjectPublicKeyInfo, [], Now))), _key, serialPrefix: 2);
    }

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public CertificateIssuer Signer { get; }

    public static EventStore Open(NpgsqlDataSource dataSource) => new(dataSource, new()
    {
        EventTypes = new EventTypes().Map<Prepared>("certificate.prepared.v1").Map<Completed>("issuance.completed.v1").Map<Signed>("certificate.signed.v1"),
        AnnounceCommits = false,
    });

    public PreparedCertificate Prepare(SigningRequest request) => Signer.Prepare(_profile, request.Subject, request.SubjectPublicKeyInfo, [], Now);

    /// <returns>The certificate in PEM.</returns>
    public async Task<string> Issue(string csr)
    {
        var prepared = Prepare(SigningRequest.Read(csr));
        if (_store is null) return Pem.WriteCertificate(Signer.Sign(prepared));

        var flow = Guid.CreateVersion7().ToString("N");
        var metadata = new EventMetadata { CorrelationId = flow, CausationId = flow, Actor = "bench" };
        var opening = _store.OpenSession(metadata);
        opening.StartStream(StreamId.Of("issuance", flow),
            new Prepared(flow, prepared.SerialNumber, "issuing-1", "device", "Requester", prepared.Tbs, new('c', 64), flow, "bench-device", Now));
        await opening.SaveChangesAsync();

        var der = Signer.Sign(prepared);
        var id = CertificateId.Of(der);
        var closing = _store.OpenSession(metadata);
        closing.StartStream(StreamId.Of("certificate", id),
            new Signed(id, der, prepared.SerialNumber, "issuing-1", "device", prepared.NotBefore, prepared.NotAfter, Now, flow, new('c', 64), flow, "bench-device"));
        closing.Append(StreamId.Of("issuance", flow), 1, new Completed(id, 1.5));
        await closing.SaveChangesAsync();
        return Pem.WriteCertificate(der);
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    sealed record Prepared(string FlowId, string SerialNumber, string IssuerId, string Profile, string KeyOrigin, byte[] Tbs, string RequestedBy,
        string SessionId, string ClientId, DateTimeOffset PreparedAt);

    sealed record Completed(string CertificateId, double DurationMilliseconds);

    sealed record Signed(string CertificateId, byte[] Certificate, string SerialNumber, string IssuerId, string Profile, DateTimeOffset NotBefore,
        DateTimeOffset NotAfter, DateTimeOffset SignedAt, string FlowId, string RequestedBy, string SessionId, string ClientId);
}
