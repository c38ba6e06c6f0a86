using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.CertificateAuthority.Tests.Certificates;

public sealed class FinishPreparedTests : IAsyncLifetime
{
    static readonly TimeSpan Later = TimeSpan.FromMinutes(2);

    TestAuthority _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await TestAuthority.Start();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task A_crash_between_intent_and_fact_is_healed_with_the_same_octets()
    {
        var intent = await _authority.DiesAfterPreparing();
        _authority.Clock.Advance(Later);

        (await Run()).ShouldBe(1);

        var completed = (await _authority.Issuance(intent.FlowId))[1].Data.ShouldBeOfType<IssuanceCompleted>();
        var signed = (await _authority.Store.AggregateStreamAsync<Certificate, CertificateEvent>(Certificate.StreamOf(completed.CertificateId))).Signed!;
        var text = CertificateText.Read(signed.Certificate);
        text.Tbs.ToArray().ShouldBe(intent.Tbs);
        text.IsSignedBy(_authority.Ring.Active.Signer.Certificate).ShouldBeTrue();
        (await Run()).ShouldBe(0);
    }

    [Fact]
    public async Task A_certificate_whose_private_key_died_is_given_up()
    {
        var intent = await _authority.DiesAfterPreparing(KeyOrigin.Authority);
        _authority.Clock.Advance(Later);

        (await Run()).ShouldBe(1);

        (await _authority.Issuance(intent.FlowId))[1].Data.ShouldBeOfType<CertificateAbandoned>();
        (await _authority.Scalar<long>("select count(*) from mt_streams where id like 'certificate-%'")).ShouldBe(0);
    }

    [Fact]
    public async Task One_that_may_still_be_under_way_is_left_alone()
    {
        await _authority.DiesAfterPreparing();
        (await Run()).ShouldBe(0);
    }

    [Fact]
    public async Task Two_finishers_and_a_slow_issuer_make_one_certificate()
    {
        var intent = await _authority.DiesAfterPreparing();
        _authority.Clock.Advance(Later);

        var finishers = Enumerable.Range(0, 4).Select(_ => _authority.AnotherFinisher()).ToList();
        var finished = await Task.WhenAll(finishers.Select(finisher => finisher.Run(CancellationToken.None)));
        finishers.ForEach(finisher => finisher.Dispose());

        finished.Sum().ShouldBe(1);
        (await _authority.Scalar<long>("select count(*) from mt_streams where id like 'certificate-%'")).ShouldBe(1);

        var signer = _authority.Ring.Active.Signer;
        var late = _authority.Store.OpenSession();
        var prepared = signer.Resume(intent.Tbs);
        SignPrepared.Close(late, SignPrepared.Describe(intent, prepared, signer.Sign(prepared), _authority.Clock.GetUtcNow()), TimeSpan.Zero);
        await Should.ThrowAsync<ConcurrencyException>(() => late.SaveChangesAsync());
        (await _authority.Scalar<long>("select count(*) from mt_streams where id like 'certificate-%'")).ShouldBe(1);
    }

    /// <summary>Peers 3.2 case 32, across a crash: the claim on the key lapses before its request is finished.</summary>
    [Fact]
    public async Task One_whose_key_was_certified_for_somebody_else_meanwhile_is_given_up()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var intent = await _authority.DiesAfterPreparing(key: key);
        (await _authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-2")))).Refused.ShouldBeNull();
        _authority.Clock.Advance(Later);

        (await Run()).ShouldBe(1);

        (await _authority.Issuance(intent.FlowId))[1].Data.ShouldBeOfType<CertificateAbandoned>().Reason.ShouldContain("key");
        (await _authority.Scalar<long>("select count(*) from fleet_key_claims")).ShouldBe(0);
    }

    [Fact]
    public async Task One_whose_key_another_request_has_claimed_waits_for_what_becomes_of_that()
    {
        using var key = KeyPair.CreateEcdsaP256();
        await _authority.DiesAfterPreparing(key: key);
        _authority.Clock.Advance(Later);
        var hash = System.Security.Cryptography.SHA256.HashData(key.SubjectPublicKeyInfo);
        (await KeyClaims.TryTake(_authority.Store.DataSource, hash, "another", default)).ShouldBeTrue();
        (await Run()).ShouldBe(0);

        await KeyClaims.Release(_authority.Store.DataSource, hash, "another", default);
        (await Run()).ShouldBe(1);
    }

    [Fact]
    public async Task The_search_reads_only_what_is_new_and_passes_over_nothing_open()
    {
        for (var i = 0; i < 3; i++) await _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));
        await _authority.DiesAfterPreparing();
        await _authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));
        var intent = await _authority.Scalar<long>("select seq_id from mt_events e join mt_streams s on s.id = e.stream_id and s.version = 1 where e.type = 'certificate.prepared.v1'");

        await Eventually.Holds(async () =>
        {
            (await Run()).ShouldBe(0);
            (await Mark()).ShouldBe(intent - 1);
        });
        _authority.Clock.Advance(Later);
        (await Run()).ShouldBe(1);
        await Eventually.Holds(async () =>
        {
            (await Run()).ShouldBe(0);
            (await Mark()).ShouldBe(await _authority.Scalar<long>("select max(seq_id) from mt_events"));
        });
    }

    /// <summary>A transaction that began before others and commits after them brings numbers that are lower than theirs.</summary>
    [Fact]
    public async Task The_search_passes_over_nothing_that_is_not_committed_yet()
    {
        await _authority.DiesAfterPreparing();
        _authority.Clock.Advance(Later);
        var before = await _authority.Scalar<long>("select max(seq_id) from mt_events");
        await using var connection = await _authority.Store.DataSource.OpenConnectionAsync();
        await using var slow = await connection.BeginTransactionAsync();
        await using var begin = new Npgsql.NpgsqlCommand("select pg_current_xact_id(), nextval('mt_events_sequence')", connection);
        await begin.ExecuteNonQueryAsync();

        (await Run()).ShouldBe(1);
        for (var i = 0; i < 3; i++) await Run();
        (await Mark()).ShouldBeLessThanOrEqualTo(before);

        await slow.RollbackAsync();
        await Eventually.Holds(async () =>
        {
            await Run();
            (await Mark()).ShouldBe(await _authority.Scalar<long>("select max(seq_id) from mt_events"));
        });
    }

    [Fact]
    public async Task A_damaged_record_does_not_keep_the_others_from_being_finished()
    {
        var damaged = _authority.Store.OpenSession();
        damaged.StartStream(StreamId.Of("issuance", "damaged"), new CertificatePrepared
        {
            FlowId = "damaged", SerialNumber = "01", IssuerId = "issuing-1", Profile = "device", KeyOrigin = KeyOrigin.Requester, Tbs = [1, 2, 3],
            RequestedBy = "r", PreparedAt = _authority.Clock.GetUtcNow(),
        });
        await damaged.SaveChangesAsync();
        await _authority.DiesAfterPreparing();
        _authority.Clock.Advance(Later);

        (await Run()).ShouldBe(1);
    }

    [Fact]
    public void The_rule_signs_only_what_somebody_can_use()
    {
        var now = _authority.Clock.GetUtcNow();
        var intent = new CertificatePrepared
        {
            FlowId = "f", SerialNumber = "01", IssuerId = "issuing-1", Profile = "device", KeyOrigin = KeyOrigin.Requester, Tbs = [], RequestedBy = "r", PreparedAt = now,
        };
        FinishPrepared.Decide(intent, canSign: true, keyIsFree: true, now.AddMinutes(59)).ShouldBeNull();
        FinishPrepared.Decide(intent, canSign: true, keyIsFree: true, now.AddMinutes(61)).ShouldNotBeNull();
        FinishPrepared.Decide(intent, canSign: false, keyIsFree: true, now).ShouldNotBeNull();
        FinishPrepared.Decide(intent, canSign: true, keyIsFree: false, now).ShouldNotBeNull();
        FinishPrepared.Decide(intent with { KeyOrigin = KeyOrigin.Authority }, canSign: true, keyIsFree: true, now).ShouldNotBeNull();
    }

    Task<long> Mark() => _authority.Scalar<long>("select seq_id from fleet_prepared_mark");

    Task<int> Run() => _authority.Finish.Run(CancellationToken.None);
}
