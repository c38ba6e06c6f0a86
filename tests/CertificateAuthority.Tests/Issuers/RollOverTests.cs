using System.Diagnostics;
using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using AssignSigning = FleetPlatform.CertificateAuthority.Issuers.AssignSigning;
using InstallIssuer = FleetPlatform.CertificateAuthority.Issuers.InstallIssuer;
using RequestIssuer = FleetPlatform.CertificateAuthority.Issuers.RequestIssuer;

namespace FleetPlatform.CertificateAuthority.Tests.Issuers;

/// <summary>From one issuing authority to the next: request, sign elsewhere, install, assign.</summary>
public sealed class RollOverTests
{
    [Theory]
    [InlineData("EcdsaP256", "ecdsa-with-SHA256"), InlineData("EcdsaP384", "ecdsa-with-SHA384"), InlineData("Rsa2048", "sha256WithRSAEncryption")]
    public async Task A_new_authority_of_any_kind_of_key_signs_what_openssl_verifies(string keyType, string algorithm)
    {
        await using var authority = await TestAuthority.Start();
        var id = await Install(authority, keyType);
        authority.Ring.For("device").Id.ShouldBe("issuing-1", "installed is not assigned");

        await Assign(authority, id);
        var answer = await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));

        var issued = CertificateText.ReadPem(answer.CertificatePem);
        issued.IsSignedBy(authority.Ring.Find(id)!.Signer.Certificate).ShouldBeTrue();
        issued.SerialNumber.Span[0].ShouldBe((byte)3);
        var text = Verify(authority, authority.Ring.Find(id)!, answer.CertificatePem!);
        text.ShouldContain(algorithm);
    }

    [Fact]
    public async Task What_was_begun_before_the_roll_over_is_finished_by_who_began_it()
    {
        await using var authority = await TestAuthority.Start();
        var id = await Install(authority);
        var intent = await authority.DiesAfterPreparing();
        await Assign(authority, id);

        authority.Clock.Advance(TimeSpan.FromMinutes(2));
        (await authority.Finish.Run(CancellationToken.None)).ShouldBe(1);

        var signed = (CertificateAuthority.Certificates.CertificateSigned?)null;
        foreach (var recorded in await authority.Issuance(intent.FlowId))
            if (recorded.Data is CertificateAuthority.Certificates.IssuanceCompleted completed)
                signed = (await authority.Store.AggregateStreamAsync<CertificateAuthority.Certificates.Certificate, CertificateAuthority.Certificates.CertificateEvent>(
                    CertificateAuthority.Certificates.Certificate.StreamOf(completed.CertificateId))).Signed;
        signed!.IssuerId.ShouldBe("issuing-1");
    }

    [Fact]
    public async Task Profiles_may_have_different_authorities_and_a_restart_keeps_them()
    {
        await using var authority = await TestAuthority.Start();
        var id = await Install(authority);
        await Assign(authority, id, "operator");

        await authority.Opening().StartAsync(CancellationToken.None);

        authority.Ring.For("operator").Id.ShouldBe(id);
        authority.Ring.For("device").Id.ShouldBe("issuing-1");
        (await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr(), purpose: CertificatePurpose.Operator))).CertificatePem.ShouldNotBeNull();
    }

    [Fact] // peers 3.2 case 38
    public async Task Under_another_root_servers_stay_where_devices_know_them_and_both_roots_are_handed_out()
    {
        await using var authority = await TestAuthority.Start();
        using var root = new ForeignRoot(authority.Options.DataDirectory);
        var id = await Install(authority, root: root);
        await Assign(authority, id);

        authority.Ring.For("device").Id.ShouldBe(id);
        authority.Ring.For("server").Id.ShouldBe("issuing-1");
        var bundle = await File.ReadAllTextAsync(Path.Combine(authority.Options.DataDirectory, "root-ca.pem"));
        bundle.ShouldContain(root.Pem.Trim());
        bundle.ShouldStartWith(authority.Ring.Find("issuing-1")!.RootPem);

        await Assign(authority, id, "server");
        authority.Ring.For("server").Id.ShouldBe(id);
    }

    [Fact]
    public async Task Only_the_answer_to_the_request_is_installed()
    {
        await using var authority = await TestAuthority.Start();
        var now = authority.Clock.GetUtcNow();
        var requested = await Request(authority, "EcdsaP256");
        var state = await authority.Store.AggregateStreamAsync<Issuer, IssuerEvent>(Issuer.StreamOf(requested.Id));
        var root = new CertificateIssuer(CertificateText.ReadPem(authority.Ring.RootsPem), RootKey(authority), 1);
        Decision<IssuerEvent> Decide(string pem) => InstallIssuer.Decide(
            new() { IssuerId = requested.Id, CertificatePem = pem, ChainPem = [], RequestedBy = "op" }, state, [Pem.ReadCertificate(authority.Ring.RootsPem)], now);
        string Sign(CertificateProfile profile, string csr) => SignRequest(root, profile, csr, now);

        var issuing = CertificateProfile.Authority("issuing", TimeSpan.FromDays(3650), 0);
        Decide(Sign(issuing, state.Requested!.SigningRequest)).Events.Single().ShouldBeOfType<IssuerInstalled>();
        Decide(Sign(issuing, TestAuthority.ACsr("another key"))).Refusal!.Detail.ShouldContain("another key");
        Decide(Sign(CertificateProfile.Client("device", TimeSpan.FromDays(1), TimeSpan.Zero), state.Requested.SigningRequest)).Refusal!.Code.ShouldBe("certificate-invalid");
        using var foreign = new ForeignRoot(authority.Options.DataDirectory);
        Decide(foreign.Sign(state.Requested.SigningRequest, now)).Refusal!.Detail.ShouldContain("root above it");
        InstallIssuer.Decide(new() { IssuerId = "issuing-9", CertificatePem = "", ChainPem = [], RequestedBy = "op" }, Issuer.Initial, [], now).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void Who_has_no_certificate_gets_no_work()
    {
        AssignSigning.Decide(new() { IssuerId = "issuing-2", Profiles = [], RequestedBy = "op" }, Signing.Initial, null, false, "root", DateTimeOffset.UnixEpoch)
            .Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task A_certificate_never_outlives_its_issuer() // peers 3.2 case 37
    {
        await using var authority = await TestAuthority.Start();
        var id = await Install(authority, validity: TimeSpan.FromDays(10));
        await Assign(authority, id);

        var issued = CertificateText.ReadPem((await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()))).CertificatePem);
        issued.NotAfter.ShouldBe(authority.Ring.Find(id)!.Signer.Certificate.NotAfter);
        authority.Clock.Advance(TimeSpan.FromDays(11));
        await Should.ThrowAsync<LintException>(authority.Handle(TestAuthority.Asking(TestAuthority.ACsr())));
    }

    [Fact]
    public async Task The_rules_of_a_profile_hold()
    {
        await using var authority = await TestAuthority.Start(folder => new()
        {
            DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0,
            ProfileRules = new Dictionary<string, ProfileRules> { ["device"] = new() { KeyTypes = { PublicKeyAlgorithm.EcdsaP256 }, CommonNamePattern = "SN-[0-9]+" } },
        });
        (await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr("SN-1")))).Refused.ShouldBeNull();
        (await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr("SN-1x")))).Refused!.Code.ShouldBe("invalid-csr");
        using var rsa = KeyPair.CreateRsa2048();
        (await authority.Handle(TestAuthority.Asking(rsa.CreateSigningRequest("SN-2")))).Refused!.Code.ShouldBe("weak-key");
        (await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr("x"), purpose: CertificatePurpose.Operator))).Refused.ShouldBeNull();
    }

    internal static async Task<(string Id, string Csr)> Request(TestAuthority authority, string keyType, string? token = null)
    {
        var request = new RequestIssuer(authority.Store, authority.Keys, authority.Clock);
        var (written, id) = await request.Handle(
            new() { CommonName = "Issuing CA 2", KeyType = keyType, TokenUri = token, RequestedBy = "op" }, CancellationToken.None);
        written.Refusal.ShouldBeNull();
        return (id, written.State.Requested!.SigningRequest);
    }

    internal static async Task<string> Install(
        TestAuthority authority, string keyType = "EcdsaP256", TimeSpan? validity = null, ForeignRoot? root = null, string? token = null)
    {
        var (id, csr) = await Request(authority, keyType, token);
        var now = authority.Clock.GetUtcNow();
        using var key = RootKey(authority);
        var pem = root?.Sign(csr, now) ?? SignRequest(new(CertificateText.ReadPem(authority.Ring.RootsPem), key, 1),
            CertificateProfile.Authority("issuing", validity ?? TimeSpan.FromDays(3650), 0), csr, now);
        byte[][] roots = [.. authority.Ring.All.Select(issuer => issuer.Chain[^1])];
        var written = await authority.Store.WriteToAggregate<Issuer, IssuerEvent>(Issuer.StreamOf(id), state => InstallIssuer.Decide(
            new() { IssuerId = id, CertificatePem = pem, ChainPem = root is null ? [] : [root.Pem], RequestedBy = "op" }, state, roots, now));
        written.Refusal.ShouldBeNull();
        await authority.Opening().Reopen(CancellationToken.None);
        return id;
    }

    internal static async Task Assign(TestAuthority authority, string id, params string[] profiles)
    {
        var written = await authority.Store.WriteToAggregate<Signing, SigningEvent>(Signing.Stream, state => AssignSigning.Decide(
            new() { IssuerId = id, Profiles = profiles, RequestedBy = "op" }, state, authority.Ring.Find(id), authority.Ring.IsRevoked(authority.Ring.Find(id)!), authority.Ring.For("server").RootId, authority.Clock.GetUtcNow()));
        written.Refusal.ShouldBeNull();
        await authority.Opening().Reopen(CancellationToken.None);
    }

    internal static FileIssuerKey RootKey(TestAuthority authority) =>
        FileIssuerKey.Load(Path.Combine(authority.Options.DataDirectory, "offline", "root-key.pem"), TestAuthority.Passphrase);

    static string SignRequest(CertificateIssuer root, CertificateProfile profile, string csr, DateTimeOffset now)
    {
        var request = SigningRequest.Read(csr);
        return Pem.WriteCertificate(root.Sign(root.Prepare(profile, request.Subject, request.SubjectPublicKeyInfo, [], now)));
    }

    internal static string Verify(TestAuthority authority, ActiveIssuer issuer, string pem)
    {
        var folder = authority.Options.DataDirectory;
        File.WriteAllText(Path.Combine(folder, "leaf.pem"), pem);
        File.WriteAllText(Path.Combine(folder, "chain.pem"), string.Concat(issuer.ServerChainPem));
        OpenSsl("verify", "-x509_strict", "-attime", $"{authority.Clock.GetUtcNow().ToUnixTimeSeconds()}", "-CAfile", Path.Combine(folder, "root-ca.pem"),
            "-untrusted", Path.Combine(folder, "chain.pem"), Path.Combine(folder, "leaf.pem")).ShouldContain("OK");
        return OpenSsl("x509", "-in", Path.Combine(folder, "leaf.pem"), "-noout", "-text");
    }

    internal static string OpenSsl(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, output + errors.Result);
        return output;
    }

    /// <summary>A root of somebody else.</summary>
    internal sealed class ForeignRoot : IDisposable
    {
        readonly FileIssuerKey _key;
        readonly byte[] _der;

        public ForeignRoot(string folder)
        {
            _key = FileIssuerKey.Create(Path.Combine(folder, $"foreign-{Guid.CreateVersion7():N}.pem"), "passphrase", IssuerKeyType.EcdsaP384);
            _der = CertificateIssuer.SelfSign(_key, CertificateProfile.Authority("root", TimeSpan.FromDays(7300), null), SubjectName.OfCommonName("Foreign root"),
                new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        }

        public string Pem => Pki.Pem.WriteCertificate(_der);

        public string Sign(string csr, DateTimeOffset now) => SignRequest(
            new(CertificateText.Read(_der), _key, 1), CertificateProfile.Authority("issuing", TimeSpan.FromDays(3650), 0), csr, now);

        public void Dispose() => _key.Dispose();
    }
}
