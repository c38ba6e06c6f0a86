using System.Security.Cryptography.X509Certificates;
using System.Text;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests.Certificates;

public sealed class IssueCertificateTests : IAsyncLifetime
{
    TestAuthority _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await TestAuthority.Start();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task A_device_gets_a_certificate_for_its_key_and_a_token_for_its_claim()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var command = TestAuthority.Asking(key.CreateSigningRequest("SN-0042"));

        var answer = await _authority.Handle(command);

        answer.Refused.ShouldBeNull();
        var certificate = CertificateText.ReadPem(answer.CertificatePem);
        certificate.IsSignedBy(_authority.Ring.Active.Signer.Certificate).ShouldBeTrue();
        certificate.Subject.CommonName.ShouldBe("SN-0042");
        certificate.SubjectPublicKeyInfo.ToArray().ShouldBe(key.SubjectPublicKeyInfo);
        answer.CertificateId.ShouldBe(CertificateId.Of(Pem.ReadCertificate(answer.CertificatePem)));
        answer.SealedPrivateKey.ShouldBeNull();
        OwnershipToken.Verify(_authority.TokenKey, answer.OwnershipToken, _authority.Clock.GetUtcNow(), out _).ShouldBe(new()
        {
            CertificateId = answer.CertificateId!, ClaimId = TestAuthority.Claim, FlowId = command.Flow.FlowId, IssuedAt = _authority.Clock.GetUtcNow(),
        });
    }

    [Fact]
    public async Task A_device_that_renews_makes_a_new_key()
    {
        using var key = KeyPair.CreateEcdsaP256();
        using var other = KeyPair.CreateEcdsaP256();
        var held = System.Security.Cryptography.SHA256.HashData(key.SubjectPublicKeyInfo);

        (await _authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-0042")) with { AskersKeyHash = held })).Refused!.Code.ShouldBe("key-reused");
        (await _authority.Handle(TestAuthority.Asking(other.CreateSigningRequest("SN-0042")) with { AskersKeyHash = held })).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task The_chain_satisfies_the_framework()
    {
        var answer = await _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(_authority.Ring.RootsPem);
        chain.ChainPolicy.ExtraStore.ImportFromPem(_authority.Ring.Active.CertificatePem);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _authority.Clock.GetUtcNow().UtcDateTime;
        using var leaf = X509CertificateLoader.LoadCertificate(Pem.ReadCertificate(answer.CertificatePem));
        chain.Build(leaf).ShouldBeTrue();
    }

    [Fact]
    public async Task The_intent_is_recorded_before_the_signature_and_the_fact_after()
    {
        var command = TestAuthority.Asking(TestAuthority.ACsr());

        var answer = await _authority.Handle(command);

        var issuance = await _authority.Issuance(command.Flow.FlowId);
        var intent = issuance[0].Data.ShouldBeOfType<CertificatePrepared>();
        issuance[1].Data.ShouldBeOfType<IssuanceCompleted>().CertificateId.ShouldBe(answer.CertificateId);
        var signed = (await _authority.Store.FetchStreamAsync(Certificate.StreamOf(answer.CertificateId!))).Single().Data.ShouldBeOfType<CertificateSigned>();
        CertificateText.Read(signed.Certificate).Tbs.ToArray().ShouldBe(intent.Tbs);
        signed.RequestedBy.ShouldBe(TestAuthority.Claim);
        issuance[0].Metadata.CorrelationId.ShouldBe(command.Flow.FlowId);
    }

    [Fact]
    public async Task The_same_request_in_two_flows_gives_two_certificates()
    {
        var csr = TestAuthority.ACsr();
        var first = await _authority.Handle(TestAuthority.Asking(csr));
        var second = await _authority.Handle(TestAuthority.Asking(csr));
        second.CertificateId.ShouldNotBe(first.CertificateId);
    }

    [Fact]
    public async Task A_request_delivered_twice_is_one_certificate()
    {
        var command = TestAuthority.Asking(TestAuthority.ACsr());
        var first = await _authority.Handle(command);
        var again = await _authority.Handle(command);

        again.CertificateId.ShouldBe(first.CertificateId);
        again.OwnershipToken.ShouldBe(first.OwnershipToken);
        (await _authority.Issuance(command.Flow.FlowId)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_flow_taken_by_another_claim_or_key_gives_nothing_away()
    {
        var command = TestAuthority.Asking(TestAuthority.ACsr());
        await _authority.Handle(command);

        var otherKey = await _authority.Handle(command with { CertificateSigningRequest = TestAuthority.ACsr() });
        var otherClaim = await _authority.Handle(command with { Flow = command.Flow with { PrincipalId = new('d', 64) } });

        otherKey.Refused!.Code.ShouldBe("invalid-request");
        otherClaim.Refused!.Code.ShouldBe("key-shared", "whoever has the request knows the key; of its certificate nothing is said");
    }

    [Fact]
    public async Task Many_at_once_are_all_different_and_all_recorded()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()))));

        answers.ShouldAllBe(answer => answer.Refused == null);
        answers.Select(answer => answer.CertificateId).Distinct().Count().ShouldBe(200);
        answers.Select(answer => CertificateText.ReadPem(answer.CertificatePem).SerialNumberHex).Distinct().Count().ShouldBe(200);
        (await _authority.Scalar<long>("select count(*) from mt_events where type = 'certificate.signed.v1'")).ShouldBe(200);
    }

    [Fact]
    public async Task A_key_made_here_reaches_the_asking_gateway_and_nothing_else()
    {
        var command = _authority.AskingForKeys();

        var answer = await _authority.Handle(command);

        var pem = Encoding.ASCII.GetString(_authority.Gateway.Open(answer.SealedPrivateKey, command.Flow.FlowId));
        pem.ShouldStartWith("-----BEGIN EC PRIVATE KEY-----");
        using var key = KeyPair.FromPem(pem);
        CertificateText.ReadPem(answer.CertificatePem).SubjectPublicKeyInfo.ToArray().ShouldBe(key.SubjectPublicKeyInfo);
        answer.PublicKeyPem.ShouldBe(key.PublicKeyPem);

        var secret = pem.Split('\n')[1][10..50];
        foreach (var table in (string[])["mt_events", "mt_streams"])
            (await _authority.Scalar<long>($"select count(*) from {table} t where t::text like '%{secret}%' or t::text like '%PRIVATE%'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_key_delivered_twice_is_not_made_twice()
    {
        var command = _authority.AskingForKeys();
        await _authority.Handle(command);
        (await _authority.Handle(command)).Refused!.Code.ShouldBe("unavailable");
    }

    [Fact]
    public async Task Rsa_keys_come_from_the_pool_and_an_empty_pool_says_so()
    {
        await using var pooled = await TestAuthority.Start(folder => new()
        {
            DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 1, RsaPoolWait = TimeSpan.FromSeconds(30),
        });
        var command = pooled.AskingForKeys(KeyAlgorithm.Rsa2048);
        var answer = await pooled.Handle(command);
        Encoding.ASCII.GetString(pooled.Gateway.Open(answer.SealedPrivateKey, command.Flow.FlowId)).ShouldStartWith("-----BEGIN RSA PRIVATE KEY-----");
        CertificateText.ReadPem(answer.CertificatePem).KeyUsage!.Value.ShouldBe(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment);

        (await _authority.Handle(_authority.AskingForKeys(KeyAlgorithm.Rsa2048))).Refused!.Code.ShouldBe("too-many-requests");
    }

    [Fact]
    public async Task Without_a_csr_somebody_must_be_there_to_read_the_key()
    {
        (await _authority.Handle(TestAuthority.Asking(csr: null))).Refused!.Code.ShouldBe("invalid-request");
        var command = _authority.AskingForKeys() with { SealTo = [1, 2, 3] };
        (await _authority.Handle(command)).Refused!.Code.ShouldBe("invalid-request");
        (await _authority.Issuance(command.Flow.FlowId)).Single().Type.ShouldBe("issuance.refused.v1");
    }

    [Fact]
    public async Task Profiles_follow_the_purpose()
    {
        var now = _authority.Clock.GetUtcNow();
        var claim = await _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr(), purpose: CertificatePurpose.TemporaryClaim));
        claim.OwnershipToken.ShouldBeNull();
        claim.NotAfter.ShouldBe(now.AddMinutes(5));
        CertificateText.ReadPem(claim.CertificatePem).NotBefore.ShouldBe(_authority.Ring.Active.Signer.Certificate.NotBefore);

        var byOperator = await _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr(), purpose: CertificatePurpose.Operator));
        byOperator.OwnershipToken.ShouldBeNull();
        byOperator.NotAfter.ShouldBe(now.AddDays(3650));
    }

    [Fact]
    public async Task A_certificate_is_cut_where_its_issuer_ends_and_none_follows()
    {
        _authority.Clock.Advance(TimeSpan.FromDays(7000));
        (await _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()))).NotAfter.ShouldBe(_authority.Ring.Active.Signer.Certificate.NotAfter);
        _authority.Clock.Advance(TimeSpan.FromDays(1000));
        var late = TestAuthority.Asking(TestAuthority.ACsr());
        await Should.ThrowAsync<LintException>(() => _authority.Handle(late));
        (await _authority.Issuance(late.Flow.FlowId)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_nameless_request_gets_a_name()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var answer = await _authority.Handle(TestAuthority.Asking(key.CreateSigningRequest(SubjectName.Empty)));
        CertificateText.ReadPem(answer.CertificatePem).Subject.CommonName.ShouldBe("FleetPlatform Device");
    }

    public static TheoryData<string, string> HostileRequests => new()
    {
        { "", "invalid-csr" },
        { "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----", "invalid-csr" },
        { new string('x', 4097), "csr-too-large" },
        { new string('-', 4096), "invalid-csr" },
        { "{\"json\":true}", "invalid-csr" },
    };

    [Theory, MemberData(nameof(HostileRequests))]
    public async Task A_bad_request_is_refused_on_record(string csr, string code)
    {
        var command = TestAuthority.Asking(csr);

        var answer = await _authority.Handle(command);

        answer.Refused!.Code.ShouldBe(code);
        answer.CertificatePem.ShouldBeNull();
        var refused = (await _authority.Issuance(command.Flow.FlowId)).Single().Data.ShouldBeOfType<IssuanceRefused>();
        refused.Code.ShouldBe(code);
        (await _authority.Handle(command)).Refused!.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_claim_over_its_limit_is_told_to_wait_and_others_are_not()
    {
        await using var tight = await TestAuthority.Start(folder => new()
        {
            DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, RequestsPerSecond = 2,
        });
        var answers = new List<IssueCertificateAnswer>();
        for (var i = 0; i < 5; i++) answers.Add(await tight.Handle(TestAuthority.Asking(TestAuthority.ACsr())));
        answers.Count(answer => answer.Refused?.Code == "too-many-requests").ShouldBe(1);

        var other = TestAuthority.Asking(TestAuthority.ACsr());
        (await tight.Handle(other with { Flow = other.Flow with { PrincipalId = new('d', 64) } })).Refused.ShouldBeNull();

        tight.Clock.Advance(TimeSpan.FromSeconds(1));
        (await tight.Handle(TestAuthority.Asking(TestAuthority.ACsr()))).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task Only_so_many_refusals_of_a_claim_are_recorded()
    {
        await using var tight = await TestAuthority.Start(folder => new()
        {
            DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, RefusalsRecordedPerMinute = 3,
        });
        for (var i = 0; i < 10; i++) (await tight.Handle(TestAuthority.Asking("bad"))).Refused!.Code.ShouldBe("invalid-csr");
        (await tight.Scalar<long>("select count(*) from mt_events where type = 'issuance.refused.v1'")).ShouldBe(3);
    }

    [Fact]
    public void Every_code_this_service_gives_is_documented()
    {
        foreach (var code in typeof(PkiFailures).GetFields().Select(field => (string)field.GetValue(null)!))
            Reasons.All.Keys.ShouldContain(code);
    }
}
