using System.Buffers;
using FleetPlatform.CertificateAuthority.Revocation;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using SignRevocationList = FleetPlatform.CertificateAuthority.Revocation.SignRevocationList;

namespace FleetPlatform.CertificateAuthority.Tests.Revocation;

/// <summary>The authority is no signing oracle: it signs lists of its own, with numbers that rise, and nothing else.</summary>
public sealed class SignRevocationListTests
{
    [Fact]
    public async Task A_list_is_signed_once_and_its_number_never_again()
    {
        await using var authority = await TestAuthority.Start();
        var drafts = new Drafts();
        var sign = new SignRevocationList(authority.Store, authority.Ring, drafts, authority.Clock);

        var (signature, refusal) = await sign.Handle(drafts.Add(authority, number: 10), default);
        refusal.ShouldBeNull();
        signature.ShouldNotBeNull();
        (await sign.Handle(drafts.Add(authority, number: 10), default)).Refusal!.Detail.ShouldContain("does not rise");
        (await sign.Handle(drafts.Add(authority, number: 9), default)).Refusal!.Code.ShouldBe(Reasons.InvalidRequest.Code);
        (await sign.Handle(drafts.Add(authority, number: 9, point: "http://pki/issuing-1/1.crl"), default)).Refusal.ShouldBeNull("another scope has numbers of its own");
        (await sign.Handle(drafts.Add(authority, number: 11), default)).Signature.ShouldNotBeNull();
        (await authority.Store.FetchStreamAsync(RevocationLists.StreamOf("issuing-1", null))).Select(recorded => recorded.Type).ShouldBe(["list.approved.v1", "list.approved.v1"]);
    }

    [Fact]
    public async Task A_certificate_disguised_as_a_draft_is_refused_and_leaves_no_trace()
    {
        await using var authority = await TestAuthority.Start();
        var issued = await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));
        var drafts = new Drafts();
        var sign = new SignRevocationList(authority.Store, authority.Ring, drafts, authority.Clock);

        var (signature, refusal) = await sign.Handle(drafts.Add(CertificateText.ReadPem(issued.CertificatePem!).Tbs.ToArray()), default);

        signature.ShouldBeNull();
        refusal!.Code.ShouldBe(Reasons.InvalidRequest.Code);
        (await authority.Store.FetchStreamAsync(RevocationLists.StreamOf("issuing-1", null))).ShouldBeEmpty();
        (await sign.Handle(new() { IssuerId = "issuing-1", DraftId = Guid.CreateVersion7(), Parts = 1 }, default)).Refusal.ShouldNotBeNull("no such draft");
        (await sign.Handle(new() { IssuerId = "root", DraftId = Guid.CreateVersion7(), Parts = 1 }, default)).Refusal!.Code.ShouldBe(Reasons.NotFound.Code);
    }

    [Fact]
    public async Task Certificates_say_where_their_revocation_can_be_looked_up_and_still_fit_into_an_answer()
    {
        await using var authority = await TestAuthority.Start(folder => new()
        {
            DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0,
            RevocationUrl = "http://" + new string('p', 57), RevocationShards = 256,
        });

        var issued = await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr("SN-0042-0123456789")));

        var url = CertificateText.ReadPem(issued.CertificatePem!).RevocationListUrl.ShouldNotBeNull();
        url.ShouldStartWith("http://ppp");
        url.ShouldEndWith(".crl");
        (issued.CertificatePem!.Length + issued.OwnershipToken!.Length + issued.CertificateId!.Length).ShouldBeLessThan(1700, "the answer's whole packet has 2048 octets");
    }

    [Fact]
    public async Task A_responder_is_certified_for_answers_alone()
    {
        await using var authority = await TestAuthority.Start();
        var issue = new FleetPlatform.CertificateAuthority.Revocation.IssueResponderCertificate(authority.Sign, authority.Ring, new(authority.Options), authority.Clock);

        var (der, refusal) = await issue.Handle(new() { IssuerId = "issuing-1", CertificateSigningRequest = TestAuthority.ACsr() }, default);

        refusal.ShouldBeNull();
        var text = CertificateText.Read(der);
        text.ExtendedKeyUsages.ShouldBe([Oids.OcspSigning]);
        text.Extensions.Keys.ShouldContain(Oids.OcspNoCheck);
        text.AllowsClientAuthentication.ShouldBeFalse("peers 3.2 case 8: nobody connects with it");
        (text.NotAfter - authority.Clock.GetUtcNow()).ShouldBeLessThanOrEqualTo(TimeSpan.FromDays(7));
    }

    /// <summary>The revocation service at the end of the bus.</summary>
    sealed class Drafts : IAsk
    {
        readonly Dictionary<Guid, byte[][]> _drafts = [];

        public Contracts.CertificateAuthority.SignRevocationList Add(TestAuthority authority, long number, string? point = null)
        {
            var issuer = authority.Ring.Active.Signer;
            var now = authority.Clock.GetUtcNow();
            var entries = new ArrayBufferWriter<byte>();
            RevocationListWriter.WriteEntry(entries, new(SerialNumber.Draw(0x02).Octets.ToArray(), now, 1));
            var (head, tail) = RevocationListWriter.WriteAround(new()
            {
                SignatureAlgorithm = issuer.SignatureAlgorithm, Issuer = issuer.Certificate.Subject, IssuerKeyIdentifier = issuer.Certificate.SubjectKeyIdentifier!.Value,
                ThisUpdate = now, NextUpdate = now.AddDays(1), Number = number, DistributionPoint = point,
            }, entries.WrittenCount);
            return Add(head, entries.WrittenMemory.ToArray(), tail);
        }

        public Contracts.CertificateAuthority.SignRevocationList Add(params byte[][] parts)
        {
            var id = Guid.CreateVersion7();
            _drafts[id] = parts;
            return new() { IssuerId = "issuing-1", DraftId = id, Parts = parts.Length };
        }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class
        {
            var part = (ReadListPart)(object)request;
            return Task.FromResult(_drafts.TryGetValue(part.DraftId, out var parts)
                ? new Answer<TAnswer>((TAnswer)(object)new ListPart { Octets = parts[part.Part] }, null)
                : new(null, Reasons.NotFound.ToRefused("none")));
        }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);
    }
}
