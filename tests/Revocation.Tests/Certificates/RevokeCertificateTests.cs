using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using FleetPlatform.Revocation.Certificates;
using FsCheck;
using FsCheck.Fluent;
using static FleetPlatform.Contracts.Revocation.RevocationReason;
using CertificateRevoked = FleetPlatform.Revocation.Certificates.CertificateRevoked;
using Command = FleetPlatform.Contracts.Revocation.RevokeCertificate;
using RevokeCertificate = FleetPlatform.Revocation.Certificates.RevokeCertificate;

namespace FleetPlatform.Revocation.Tests.Certificates;

public sealed class RevokeCertificateTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly string Id = new('a', 64);

    static readonly Arbitrary<RevocationReason> Reasons_ = Gen.Elements(
        Enum.GetValues<RevocationReason>()).ToArbitrary();

    [Fact]
    public void The_first_revocation_is_recorded_with_its_reason_and_time() =>
        RevokeCertificate.Decide(Ask(Superseded), CertificateTrust.Initial, Noon).Events
            .ShouldBe([new CertificateRevoked(Id, Superseded, Noon, "operator")]);

    [Fact]
    public void Key_compromise_outranks_an_earlier_reason_and_keeps_its_time() =>
        RevokeCertificate.Decide(Ask(KeyCompromise), new(Superseded, Noon.AddDays(-1)), Noon).Events
            .ShouldBe([new RevocationReasonRaised(Id, KeyCompromise, Noon.AddDays(-1), Noon, "operator")]);

    [Fact]
    public void A_revocation_outranks_a_hold_and_counts_since_the_hold() =>
        RevokeCertificate.Decide(Ask(Superseded), new(CertificateHold, Noon.AddDays(-1)), Noon).Events
            .ShouldBe([new RevocationReasonRaised(Id, Superseded, Noon.AddDays(-1), Noon, "operator")]);

    [Fact]
    public void Only_a_hold_can_be_lifted()
    {
        ReinstateCertificate.Decide(Id, "operator", new(CertificateHold, Noon), Noon).Events.ShouldBe([new CertificateReinstated(Id, Noon, "operator")]);
        ReinstateCertificate.Decide(Id, "operator", CertificateTrust.Initial, Noon).ShouldBe(default);
        ReinstateCertificate.Decide(Id, "operator", new(Superseded, Noon), Noon).Refusal!.Code.ShouldBe(Reasons.CertificateState.Code);
    }

    [Fact]
    public void No_reason_outranks_key_compromise() => Prop.ForAll(Reasons_, reason =>
        RevokeCertificate.Decide(Ask(reason), new(KeyCompromise, Noon), Noon).Events.Count == 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Asking_twice_records_once() => Prop.ForAll(Reasons_, Reasons_, (earlier, reason) =>
    {
        var trust = Fold(CertificateTrust.Initial, RevokeCertificate.Decide(Ask(earlier), CertificateTrust.Initial, Noon));
        var after = Fold(trust, RevokeCertificate.Decide(Ask(reason), trust, Noon));
        return RevokeCertificate.Decide(Ask(reason), after, Noon.AddHours(1)).Events.Count == 0;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", Unspecified, "operator")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Unspecified, "operator")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", (RevocationReason)7, "operator")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Unspecified, "")]
    public async Task What_makes_no_sense_is_refused_before_anything_is_read(string certificateId, RevocationReason reason, string requestedBy)
    {
        var command = new Command { CertificateId = certificateId, Reason = reason, RequestedBy = requestedBy };

        var written = await RevokeCertificate.Handle(command, store: null!, TimeProvider.System);

        written.Refusal!.Code.ShouldBe(Reasons.InvalidRequest.Code);
    }

    [Fact]
    public async Task Many_who_ask_at_once_record_one_revocation()
    {
        await using var database = await PostgresDatabase.Create();
        await using var store = new EventStore(database.DataSource, new() { EventTypes = EventNames.All });
        await store.EnsureSchemaAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            RevokeCertificate.Handle(Ask(Superseded), store, TimeProvider.System)));

        answers.Select(answer => answer.State.Since).Distinct().Count().ShouldBe(1);
        (await store.FetchStreamAsync(CertificateTrust.StreamOf(Id))).Select(recorded => recorded.Type).ShouldBe(["revocation.recorded.v1"]);
    }

    static CertificateTrust Fold(CertificateTrust trust, Decision<RevocationEvent> decision) =>
        decision.Events.Aggregate(trust, (state, @event) => state.Evolve(@event));

    static Command Ask(RevocationReason reason) => new() { CertificateId = Id, Reason = reason, RequestedBy = "operator" };
}
