using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.CertificateAuthority.Tests.Keys;

/// <summary>One key, one device; and never a key that is in other hands. Peers 3.2 cases 31 (weak keys) and 32 (one key in many devices).</summary>
public sealed class KeyRulesTests
{
    static readonly string Other = new('d', 64);

    [Fact]
    public async Task A_key_that_is_certified_is_not_certified_for_another_asker_name_or_connection()
    {
        await using var authority = await TestAuthority.Start();
        using var key = KeyPair.CreateEcdsaP256();
        (await authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-1")))).Refused.ShouldBeNull();

        (await authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-1")))).Refused.ShouldBeNull("the same device asks again: its answer was lost");
        (await authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-2")))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);
        (await authority.Handle(From(Other, key, "SN-1"))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);
        var elsewhere = TestAuthority.Asking(key.CreateSigningRequest("SN-1"));
        (await authority.Handle(elsewhere with { Flow = elsewhere.Flow with { ClientId = "factory-2" } })).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);
        authority.Clock.Advance(OwnershipToken.Lifetime + TimeSpan.FromMinutes(1));
        (await authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-1")))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code, "nobody repeats a request that long");
    }

    /// <summary>Peers 3.2 case 32, at the same instant.</summary>
    [Fact]
    public async Task Of_many_who_ask_for_one_key_at_once_one_is_served_and_it_may_ask_again()
    {
        await using var authority = await TestAuthority.Start();
        for (var round = 0; round < 5; round++)
        {
            using var key = KeyPair.CreateEcdsaP256();
            var asked = Enumerable.Range(0, 12).Select(i => From(Other[..63] + $"{i:x}", key, $"SN-{round}-{i}")).ToArray();

            var answers = await Task.WhenAll(asked.Select(command => Task.Run(() => authority.Handle(command))));

            var served = answers.Index().Where(each => each.Item.Refused is null).ToArray().ShouldHaveSingleItem();
            answers.Where(answer => answer.Refused is not null).Select(answer => answer.Refused!.Code).ShouldAllBe(code => code == Reasons.KeyShared.Code || code == Reasons.Unavailable.Code);
            var again = From(asked[served.Index].Flow.PrincipalId, key, $"SN-{round}-{served.Index}");
            (await authority.Handle(again)).Refused.ShouldBeNull("its answer was lost");
            (await authority.Handle(From(new('e', 64), key, "SN-late"))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);
        }

        (await authority.Scalar<long>("select count(*) from fleet_key_claims")).ShouldBe(0, "whoever is refused, or done, gives the key back");
    }

    [Fact]
    public async Task A_claim_whose_holder_died_lapses()
    {
        await using var authority = await TestAuthority.Start();
        using var key = KeyPair.CreateEcdsaP256();
        var hash = SHA256.HashData(key.SubjectPublicKeyInfo);
        (await KeyClaims.TryTake(authority.Store.DataSource, hash, "dead", default)).ShouldBeTrue();
        (await authority.Handle(From(Other, key, "SN-1"))).Refused!.Code.ShouldBe(Reasons.Unavailable.Code);

        await authority.Scalar<long>("with lapsed as (update fleet_key_claims set until = now() - interval '1 second' returning 1) select count(*) from lapsed");

        (await authority.Handle(From(Other, key, "SN-1"))).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task A_key_made_here_cannot_be_brought_back_as_somebody_elses()
    {
        await using var authority = await TestAuthority.Start();
        var command = authority.AskingForKeys();
        var made = await authority.Handle(command);
        using var key = KeyPair.FromPem(System.Text.Encoding.ASCII.GetString(authority.Gateway.Open(made.SealedPrivateKey!, command.Flow.FlowId)));

        (await authority.Handle(From(Other, key, "SN-9"))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);
    }

    [Fact]
    public async Task An_operator_gets_another_certificate_for_the_same_request_as_on_aws()
    {
        await using var authority = await TestAuthority.Start();
        var csr = TestAuthority.ACsr();
        (await authority.Handle(TestAuthority.Asking(csr, purpose: CertificatePurpose.Operator))).Refused.ShouldBeNull();
        authority.Clock.Advance(TimeSpan.FromDays(1));
        (await authority.Handle(TestAuthority.Asking(csr, purpose: CertificatePurpose.Operator))).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task Renewing_with_the_same_key_and_sharing_keys_are_options()
    {
        await using var reusing = await TestAuthority.Start(folder => new() { DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, AllowKeyReuse = true });
        using var key = KeyPair.CreateEcdsaP256();
        var first = await reusing.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-1")));
        reusing.Clock.Advance(TimeSpan.FromDays(300));
        var renewed = await reusing.Handle(From(first.CertificateId!, key, "SN-1") with { AskersKeyHash = SHA256.HashData(key.SubjectPublicKeyInfo) });
        renewed.Refused.ShouldBeNull();
        (await reusing.Handle(From(renewed.CertificateId!, key, "SN-1"))).Refused.ShouldBeNull();
        (await reusing.Handle(From(Other, key, "SN-1"))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);

        await using var sharing = await TestAuthority.Start(folder => new() { DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, AllowSharedKeys = true });
        (await sharing.Handle(From(Other, key, "SN-1"))).Refused.ShouldBeNull();
        (await sharing.Handle(From(TestAuthority.Claim, key, "SN-2"))).Refused.ShouldBeNull();
    }

    /// <summary>Peers 3.2 case 32, across services: the key of a certificate that somebody else has signed.</summary>
    [Fact]
    public async Task A_key_that_is_registered_with_somebody_elses_certificate_is_certified_for_nobody_else()
    {
        await using var authority = await TestAuthority.Start();
        using var key = KeyPair.CreateEcdsaP256();
        var hash = SHA256.HashData(key.SubjectPublicKeyInfo);

        (await KeyClaims.TryTake(authority.Store.DataSource, hash, "a request under way", default)).ShouldBeTrue();
        (await authority.Rules.Examine(key.SubjectPublicKeyInfo, registering: Other, default)).Refusal!.Code.ShouldBe(Reasons.Unavailable.Code);
        await KeyClaims.Release(authority.Store.DataSource, hash, "a request under way", default);

        (await authority.Rules.Examine(key.SubjectPublicKeyInfo, registering: null, default)).Refusal.ShouldBeNull("only looking");
        for (var twice = 0; twice < 2; twice++) (await authority.Rules.Examine(key.SubjectPublicKeyInfo, registering: Other, default)).Refusal.ShouldBeNull();
        (await authority.Store.FetchStreamAsync(DeviceKey.StreamOf(Convert.ToHexStringLower(hash)))).Single().Type.ShouldBe("key.registered.v1");

        (await authority.Handle(From(TestAuthority.Claim, key, "SN-1"))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code);
        (await authority.Handle(From(Other, key, "SN-1"))).Refused!.Code.ShouldBe(Reasons.KeyShared.Code, "renewing with the key is an option");
        (await authority.Scalar<long>("select count(*) from fleet_key_claims")).ShouldBe(0);
    }

    [Fact]
    public async Task A_compromised_key_is_blocked_for_ever_for_certificates_and_for_authorities_whoever_signed_it()
    {
        await using var authority = await TestAuthority.Start(folder => new() { DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, AllowSharedKeys = true });
        using var ours = KeyPair.CreateEcdsaP256();
        using var foreign = KeyPair.CreateEcdsaP256();
        var issued = await authority.Handle(TestAuthority.Asking(ours.CreateSigningRequest("SN-1")));
        var registry = new Registry(foreign);
        var block = new BlockKeys(authority.Store, registry);
        CertificateTrustChange[] news =
        [
            new() { CertificateId = issued.CertificateId!, Version = 1, Reason = RevocationReason.KeyCompromise, At = authority.Clock.GetUtcNow() },
            new() { CertificateId = registry.CertificateId, Version = 1, Reason = RevocationReason.KeyCompromise, At = authority.Clock.GetUtcNow() },
            new() { CertificateId = new('0', 64), Version = 1, Reason = RevocationReason.KeyCompromise, At = authority.Clock.GetUtcNow() },
        ];
        await block.Handle(news, default);
        await block.Handle(news, default); // delivered twice

        foreach (var key in (KeyPair[])[ours, foreign])
        {
            (await authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-3")))).Refused!.Code.ShouldBe(Reasons.KeyCompromised.Code);
            (await authority.Rules.Examine(key.SubjectPublicKeyInfo, registering: null, default)).Refusal!.Code.ShouldBe(Reasons.KeyCompromised.Code);
            var stream = await authority.Store.FetchStreamAsync(DeviceKey.StreamOf(Convert.ToHexStringLower(SHA256.HashData(key.SubjectPublicKeyInfo))));
            stream.Single().Type.ShouldBe("key.blocked.v1");
        }

        using var other = KeyPair.CreateEcdsaP256();
        await block.Handle([news[0] with { Reason = RevocationReason.Superseded }], default);
        (await authority.Rules.Examine(other.SubjectPublicKeyInfo, registering: null, default)).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task A_new_list_of_weak_keys_finds_the_keys_of_old_certificates_and_of_others()
    {
        using var key = KeyPair.CreateEcdsaP256();
        await using var authority = await TestAuthority.Start(folder =>
        {
            Directory.CreateDirectory(Path.Combine(folder, "weak-keys"));
            File.WriteAllText(Path.Combine(folder, "weak-keys", "stolen"), Convert.ToHexStringLower(SHA256.HashData(key.SubjectPublicKeyInfo)) + "\n");
            return TestAuthority.Defaults(folder);
        });

        (await authority.Rules.Examine(key.SubjectPublicKeyInfo, registering: null, default)).Refusal!.Code.ShouldBe(Reasons.WeakKey.Code);
        (await authority.Rules.Examine(new byte[] { 0x30, 0x00 }, registering: null, default)).Refusal!.Code.ShouldBe(Reasons.WeakKey.Code);
        using var good = KeyPair.CreateEcdsaP256();
        var issued = await authority.Handle(TestAuthority.Asking(good.CreateSigningRequest("SN-1")));
        var known = await authority.Rules.Examine(good.SubjectPublicKeyInfo, registering: null, default);
        known.Refusal.ShouldBeNull();
        known.Certificates.ShouldBe([issued.CertificateId!]);
    }

    static Contracts.CertificateAuthority.IssueCertificate From(string asker, KeyPair key, string name)
    {
        var command = TestAuthority.Asking(key.CreateSigningRequest(name));
        return command with { Flow = command.Flow with { PrincipalId = asker } };
    }

    /// <summary>The thing registry at the end of the bus: it knows one certificate that somebody else has signed.</summary>
    sealed class Registry(KeyPair key) : IAsk
    {
        readonly string _pem = MakePem(key);

        public string CertificateId => Pki.CertificateId.Of(Pem.ReadCertificate(_pem));

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            Task.FromResult(request is DescribeCertificate { CertificateId: var id } && id == CertificateId
                ? new Answer<TAnswer>((TAnswer)(object)new CertificateDescription
                {
                    CertificateId = id, CertificatePem = _pem, Status = CertificateStatus.Revoked, CreatedAt = default, LastModifiedAt = default, NotBefore = default, NotAfter = default, CustomerVersion = 1,
                }, null)
                : new(null, Reasons.NotFound.ToRefused("none")));

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);

        static string MakePem(KeyPair key)
        {
            using var ec = ECDsa.Create();
            ec.ImportFromPem(key.PrivateKeyPem);
            using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=foreign", ec, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
            return certificate.ExportCertificatePem() + "\n";
        }
    }
}
