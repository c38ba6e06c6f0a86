using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.CertificateAuthority.Revocation;
using FleetPlatform.CertificateAuthority.Transparency;
using FleetPlatform.CertificateAuthority.Trust;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests;

/// <summary>What is stored for ever, and what others are told of it.</summary>
public sealed class RecordedTests
{
    static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly CertificateSigned Signed = new()
    {
        CertificateId = "c1", Certificate = [1, 2, 3], SerialNumber = "02ff", IssuerId = "issuing-1", Profile = "device", NotBefore = Noon.AddHours(-1),
        NotAfter = Noon.AddDays(1), SignedAt = Noon, FlowId = "f1", RequestedBy = "claim", SessionId = "s1", ClientId = "d1",
    };

    public static TheoryData<object, string, string> Events => new()
    {
        {
            new IssuerCreated { IssuerId = "root", ParentId = null, CertificateId = "c0", Certificate = [1, 2, 3], KeyFile = "k", SerialPrefix = 1 }, "issuer.created.v1",
            """{"issuerId":"root","parentId":null,"certificateId":"c0","certificate":"AQID","keyFile":"k","serialPrefix":1}"""
        },
        {
            new IssuerRequested("issuing-2", "k", [1, 2, 3], "csr", 3, "op", Noon), "issuer.requested.v1",
            """{"issuerId":"issuing-2","keyFile":"k","subjectPublicKeyInfo":"AQID","signingRequest":"csr","serialPrefix":3,"requestedBy":"op","at":"2026-06-01T12:00:00+00:00"}"""
        },
        {
            new IssuerInstalled("c2", [1, 2, 3], [[4]], "op", Noon), "issuer.installed.v1",
            """{"certificateId":"c2","certificate":"AQID","chain":["BA=="],"installedBy":"op","at":"2026-06-01T12:00:00+00:00"}"""
        },
        {
            new SigningAssigned("issuing-2", ["device"], "op", Noon), "signing.assigned.v1",
            """{"issuerId":"issuing-2","profiles":["device"],"assignedBy":"op","at":"2026-06-01T12:00:00+00:00"}"""
        },
        {
            new RootListInstalled("c0", [1, 2, 3], 7, Noon, Noon.AddDays(1), ["02ff"], "op", Noon), "root-list.installed.v1",
            """{"rootCertificateId":"c0","list":"AQID","number":7,"thisUpdate":"2026-06-01T12:00:00+00:00","nextUpdate":"2026-06-02T12:00:00+00:00","revoked":["02ff"],"installedBy":"op","at":"2026-06-01T12:00:00+00:00"}"""
        },
        {
            new CertificatePrepared
            {
                FlowId = "f1", SerialNumber = "02ff", IssuerId = "issuing-1", Profile = "device", KeyOrigin = KeyOrigin.Requester, Tbs = [1, 2, 3],
                RequestedBy = "claim", SessionId = "s1", ClientId = "d1", CommonName = "SN-1", PreparedAt = Noon,
            }, "certificate.prepared.v1",
            """{"flowId":"f1","serialNumber":"02ff","issuerId":"issuing-1","profile":"device","keyOrigin":"Requester","tbs":"AQID","requestedBy":"claim","sessionId":"s1","clientId":"d1","commonName":"SN-1","preparedAt":"2026-06-01T12:00:00+00:00","forRegistration":null}"""
        },
        { new IssuanceCompleted { CertificateId = "c1", DurationMilliseconds = 1.5 }, "issuance.completed.v1", """{"certificateId":"c1","durationMilliseconds":1.5}""" },
        { new CertificateAbandoned { Reason = "r" }, "certificate.abandoned.v1", """{"reason":"r"}""" },
        {
            new IssuanceRefused { FlowId = "f1", Code = "weak-key", Detail = "d", RequestedBy = "claim", CommonName = "SN-1" }, "issuance.refused.v1",
            """{"flowId":"f1","code":"weak-key","detail":"d","requestedBy":"claim","sessionId":null,"clientId":null,"commonName":"SN-1","renews":null}"""
        },
        {
            new RevocationListApproved("issuing-1", null, 7, 5, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1), 3, "ab"), "list.approved.v1",
            """{"issuerId":"issuing-1","distributionPoint":null,"number":7,"baseNumber":5,"thisUpdate":"1970-01-01T00:00:00+00:00","nextUpdate":"1970-01-02T00:00:00+00:00","entries":3,"tbsHash":"ab"}"""
        },
        {
            Signed, "certificate.signed.v1",
            """{"certificateId":"c1","certificate":"AQID","serialNumber":"02ff","issuerId":"issuing-1","profile":"device","notBefore":"2026-06-01T11:00:00+00:00","notAfter":"2026-06-02T12:00:00+00:00","signedAt":"2026-06-01T12:00:00+00:00","flowId":"f1","requestedBy":"claim","sessionId":"s1","clientId":"d1","forRegistration":null}"""
        },
        {
            new AuthorityRegistered("a1", [1, 2, 3], AuthorityMode.SniOnly, new(true, true, "t", null, "r", false), "op", Noon), "authority.registered.v1",
            """{"caCertificateId":"a1","certificate":"AQID","mode":"SniOnly","terms":{"active":true,"autoRegistration":true,"templateName":"t","templateBody":null,"roleArn":"r","admitsAtFirstConnection":false},"registeredBy":"op","at":"2026-06-01T12:00:00+00:00"}"""
        },
        {
            new AuthorityChanged(new(false, true, null, "b", null, true), "op", Noon), "authority.changed.v1",
            """{"terms":{"active":false,"autoRegistration":true,"templateName":null,"templateBody":"b","roleArn":null,"admitsAtFirstConnection":true},"changedBy":"op","at":"2026-06-01T12:00:00+00:00"}"""
        },
        { new AuthorityDeleted("op", Noon), "authority.deleted.v1", """{"deletedBy":"op","at":"2026-06-01T12:00:00+00:00"}""" },
        {
            new CheckpointApproved("plant.example/log", 3, [1, 2, 3], Noon), "checkpoint.approved.v1",
            """{"origin":"plant.example/log","size":3,"root":"AQID","at":"2026-06-01T12:00:00+00:00"}"""
        },
        { new KeyBlocked("c1", Noon), "key.blocked.v1", """{"certificateId":"c1","revokedAt":"2026-06-01T12:00:00+00:00"}""" },
        { new KeyRegistered("c1", Noon), "key.registered.v1", """{"certificateId":"c1","at":"2026-06-01T12:00:00+00:00"}""" },
        { new RegistrationCodeDrawn("c", "op", Noon), "registration-code.drawn.v1", """{"code":"c","requestedBy":"op","at":"2026-06-01T12:00:00+00:00"}""" },
        { new RegistrationCodeDeleted("op", Noon), "registration-code.deleted.v1", """{"requestedBy":"op","at":"2026-06-01T12:00:00+00:00"}""" },
    };

    [Theory, MemberData(nameof(Events), DisableDiscoveryEnumeration = true)]
    public void Names_and_bodies_are_pinned(object @event, string name, string json)
    {
        EventNames.All.NameOf(@event.GetType()).ShouldBe(name);
        EventJson.Write(@event).ShouldBe(json);
        EventJson.Write(EventNames.All.Read(name, json)).ShouldBe(json);
    }

    [Fact]
    public void Every_event_is_among_the_pinned() => Events.Count.ShouldBe(EventNames.All.All.Count);

    [Fact]
    public void One_message_tells_of_all_certificates_of_a_batch()
    {
        var first = Recorded(Signed, 1);
        var (message, id) = PublishCertificates.Translate(
        [
            Recorded(new IssuanceCompleted { CertificateId = "c1", DurationMilliseconds = 1 }, 2), first,
            Recorded(Signed with { Profile = "server" }, 3), Recorded(Signed with { CertificateId = "c2", Profile = "temporary-claim" }, 4),
        ]);

        id.ShouldBe(first.Id);
        message!.Items.Select(item => (item.CertificateId, item.Purpose)).ShouldBe([("c1", CertificatePurpose.Device), ("c2", CertificatePurpose.TemporaryClaim)]);
        message.Items[0].CertificatePem.ShouldBe(Pem.WriteCertificate([1, 2, 3]));
        message.Items[0].EventId.ShouldBe(first.Id);
        PublishCertificates.Translate([Recorded(new CertificateAbandoned { Reason = "x" }, 1)]).Message.ShouldBeNull();
    }

    /// <summary>Peers 3.2 case 34: a claim that asks for certificates on keys of others is told of; an operator, a device that renews and other refusals are not.</summary>
    [Fact]
    public void What_a_claim_was_refused_because_of_its_keys_is_told()
    {
        var claim = new string('a', 64);
        var refused = new IssuanceRefused { FlowId = "f1", Code = "key-shared", Detail = "d", RequestedBy = claim };

        PublishCertificates.TranslateRefusals(
        [
            Recorded(refused, 1), Recorded(refused with { Code = "invalid-csr" }, 1), Recorded(refused with { RequestedBy = "operator" }, 1), Recorded(refused with { Renews = true }, 1),
            Recorded(refused with { FlowId = "f2", Code = "key-compromised" }, 1), Recorded(Signed, 1),
        ])!.Items.Select(item => (item.RequestedBy, item.FlowId, item.Code)).ShouldBe([(claim, "f1", "key-shared"), (claim, "f2", "key-compromised")]);
        PublishCertificates.TranslateRefusals([Recorded(Signed, 1)]).ShouldBeNull();
    }

    [Fact]
    public async Task A_flow_is_found_by_its_id_and_by_its_certificate()
    {
        await using var authority = await TestAuthority.Start();
        var command = TestAuthority.Asking(TestAuthority.ACsr());
        var answer = await authority.Handle(command);
        var refused = TestAuthority.Asking("bad");
        await authority.Handle(refused);
        var steps = new FlowSteps(authority.Store, new(authority.Store));

        foreach (var subject in (string[])[command.Flow.FlowId, answer.CertificateId!])
        {
            var step = (await steps.Find([subject], default)).Single();
            step.Step.ShouldBe("certificate issued");
            step.CertificateId.ShouldBe(answer.CertificateId);
            step.FlowId.ShouldBe(command.Flow.FlowId);
            step.DurationMilliseconds.ShouldNotBeNull();
            step.ReasonCode.ShouldBeNull();
        }

        (await steps.Find([command.Flow.FlowId, answer.CertificateId!], default)).Count.ShouldBe(1);
        (await steps.Find([refused.Flow.FlowId], default)).Single().ReasonCode.ShouldBe("invalid-csr");
        (await steps.Find(["SN-0043", new('a', 32), new('a', 64)], default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flow_is_found_by_the_name_in_its_request_served_or_refused()
    {
        await using var authority = await TestAuthority.Start();
        var steps = new FlowSteps(authority.Store, new(authority.Store));
        using var weak = RSA.Create(1024);
        var served = TestAuthority.Asking(TestAuthority.ACsr("SN-0042"));
        var refused = TestAuthority.Asking(new CertificateRequest("CN=SN-0042", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem());
        await authority.Handle(served);
        await authority.Handle(refused);

        var found = await steps.Find(["SN-0042"], default);
        found.Select(step => (step.FlowId, step.ReasonCode)).ShouldBe([(served.Flow.FlowId, null), (refused.Flow.FlowId, "weak-key")], ignoreOrder: true);
        (await steps.Find(["SN-0043"], default)).ShouldBeEmpty();
    }

    static RecordedEvent Recorded(object @event, long version) => new()
    {
        Id = Guid.CreateVersion7(), StreamId = StreamId.Of("certificate", "c1"), Version = version, Type = EventNames.All.NameOf(@event.GetType()), Timestamp = Noon, Data = @event,
    };
}
