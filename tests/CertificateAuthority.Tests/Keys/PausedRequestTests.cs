using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.CertificateAuthority.Tests.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.CertificateAuthority.Tests.Keys;

/// <summary>A process that is paused between the look at a key and the signature, and goes on when the world is another. Peers 3.2 cases 31 and 32.</summary>
public sealed class PausedRequestTests : IAsyncLifetime
{
    readonly KeyPair _key = KeyPair.CreateEcdsaP256();
    TestAuthority _authority = null!;

    byte[] KeyHash => SHA256.HashData(_key.SubjectPublicKeyInfo);

    public async ValueTask InitializeAsync() => _authority = await TestAuthority.Start();

    public ValueTask DisposeAsync()
    {
        _key.Dispose();
        return _authority.DisposeAsync();
    }

    [Fact]
    public async Task Paused_before_its_signature_it_signs_nothing_behind_the_back_of_who_was_served_meanwhile()
    {
        var flow = await Claims();
        var intent = await _authority.DiesAfterPreparing(flowId: flow, key: _key);
        await Lapses();
        (await _authority.Handle(TestAuthority.Asking(_key.CreateSigningRequest("SN-2")))).Refused.ShouldBeNull();

        await Should.ThrowAsync<ConcurrencyException>(GoesOn(intent));

        (await _authority.Issuance(flow))[1].Data.ShouldBeOfType<CertificateAbandoned>().Reason.ShouldContain("took too long");
        (await _authority.Scalar<long>("select count(*) from fleet_keys")).ShouldBe(1);
    }

    [Fact]
    public async Task Paused_before_its_intent_it_is_told_to_ask_anew()
    {
        var flow = await Claims();
        await Lapses();
        (await _authority.Handle(TestAuthority.Asking(_key.CreateSigningRequest("SN-2")))).Refused.ShouldBeNull();

        await Should.ThrowAsync<ConcurrencyException>(_authority.DiesAfterPreparing(flowId: flow, key: _key));
        await KeyClaims.Release(_authority.Store.DataSource, KeyHash, flow, default); // as it does when it is refused

        var other = Guid.CreateVersion7().ToString("N");
        (await KeyClaims.TryTake(_authority.Store.DataSource, KeyHash, other, default)).ShouldBeTrue();
        await KeyClaims.Release(_authority.Store.DataSource, KeyHash, flow, default);
        (await KeyClaims.FindHolders(_authority.Store.DataSource, [KeyHash], default)).ShouldBe([other], "it gives back no claim of another's");
    }

    [Fact]
    public async Task A_key_that_is_blocked_meanwhile_is_not_certified()
    {
        var lost = (await _authority.Handle(TestAuthority.Asking(_key.CreateSigningRequest("SN-1")))).CertificateId!;
        var flow = await Claims();
        var intent = await _authority.DiesAfterPreparing(flowId: flow, key: _key);

        await new BlockKeys(_authority.Store, new Nobody()).Handle([new() { CertificateId = lost, Version = 1, Reason = RevocationReason.KeyCompromise, At = _authority.Clock.GetUtcNow() }], default);

        await Should.ThrowAsync<ConcurrencyException>(GoesOn(intent));
        (await _authority.Issuance(flow))[1].Data.ShouldBeOfType<CertificateAbandoned>().Reason.ShouldContain("blocked");
    }

    [Fact]
    public void A_registration_that_took_too_long_or_whose_key_was_blocked_has_no_right_to_the_key()
    {
        var now = _authority.Clock.GetUtcNow();
        KeyRules.Decide(DeviceKey.Initial, "id", KeyClaims.Lifetime / 2, now).Events.ShouldHaveSingleItem();
        KeyRules.Decide(DeviceKey.Initial, "id", KeyClaims.Lifetime, now).Refusal!.Code.ShouldBe(Reasons.Unavailable.Code);
        KeyRules.Decide(new(IsBlocked: true), "id", TimeSpan.Zero, now).Refusal!.Code.ShouldBe(Reasons.KeyCompromised.Code);
    }

    [Fact]
    public async Task An_authority_that_is_revoked_meanwhile_signs_nothing_more()
    {
        var issuer = _authority.Ring.Find(await RollOverTests.Install(_authority))!;
        var prepared = issuer.Signer.Prepare(new Profiles(_authority.Options).Of(Contracts.CertificateAuthority.CertificatePurpose.Device), SubjectName.OfCommonName("SN-1"), _key.SubjectPublicKeyInfo, [], _authority.Clock.GetUtcNow());
        await IsRevoked(issuer);

        var asker = Asker.Own("tests");
        (await Should.ThrowAsync<PkiException>(_authority.Sign.Handle(issuer, "device", prepared, asker, KeyOrigin.Requester, 0, default))).Code.ShouldBe(Reasons.Unavailable.Code);

        (await _authority.Issuance(asker.FlowId))[1].Data.ShouldBeOfType<CertificateAbandoned>().Reason.ShouldContain("revoked");
    }

    async Task<string> Claims()
    {
        var flow = Guid.CreateVersion7().ToString("N");
        (await KeyClaims.TryTake(_authority.Store.DataSource, KeyHash, flow, default)).ShouldBeTrue();
        return flow;
    }

    Task<long> Lapses() => _authority.Scalar<long>("with lapsed as (update fleet_key_claims set until = now() - interval '1 second' returning 1) select count(*) from lapsed");

    Task GoesOn(CertificatePrepared intent)
    {
        var signer = _authority.Ring.Active.Signer;
        var prepared = signer.Resume(intent.Tbs);
        var closing = _authority.Store.OpenSession();
        SignPrepared.Close(closing, SignPrepared.Describe(intent, prepared, signer.Sign(prepared), _authority.Clock.GetUtcNow()), TimeSpan.Zero);
        return closing.SaveChangesAsync();
    }

    async Task IsRevoked(ActiveIssuer issuer)
    {
        using var key = RollOverTests.RootKey(_authority);
        var root = _authority.Ring.Roots.Single();
        var now = _authority.Clock.GetUtcNow();
        var list = SignedRevocationList.Read(SignedRevocationList.Sign(CertificateText.Read(root), key,
            [new(issuer.Signer.Certificate.SerialNumber, now, 2)], now.ToUnixTimeMilliseconds() + 1, now, TimeSpan.FromDays(30)));
        await _authority.Store.WriteToAggregate<RootList, RootListEvent>(RootList.StreamOf(CertificateId.Of(root)), before => InstallRootList.Decide(list, root, before, [], "op", now));
        await _authority.Opening().Reopen(default);
    }

    /// <summary>A registry that knows no certificate.</summary>
    sealed class Nobody : IAsk
    {
        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            Task.FromResult(new Answer<TAnswer>(null, Reasons.NotFound.ToRefused("none")));

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);
    }
}
