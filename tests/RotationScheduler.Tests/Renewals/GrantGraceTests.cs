using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Tests.Renewals;

/// <summary>Whether an expired certificate may renew: denied unless everything speaks for it (peers 3.2 case 10).</summary>
public sealed class GrantGraceTests(SchedulerFixture fixture) : IClassFixture<SchedulerFixture>
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly RenewalRule Thirty = RenewalRule.Of(new() { Scope = "default", GraceDays = 30 });

    static ThingCertificate Certificate(string id, DateTimeOffset notAfter, CertificateStatus status = CertificateStatus.Active) =>
        new(new() { CertificateId = id, Status = status, Issuer = "CN=any", NotBefore = notAfter.AddDays(-365), NotAfter = notAfter }, [], null);

    static string? Denial(ThingCertificate? certificate, RenewalRule? rule, Rotation? latest = null, params ThingCertificate[] others) =>
        GrantGrace.Decide(certificate, [.. certificate is null ? [] : (ThingCertificate[])[certificate], .. others], rule, latest ?? Rotation.Initial, Noon).Refusal?.Detail;

    [Fact]
    public void Within_the_days_of_the_policy_it_may_and_after_them_it_may_not()
    {
        GrantGrace.Decide(Certificate("old", Noon.AddDays(-29)), [], Thirty, Rotation.Initial, Noon).Grace.ShouldBe(new() { Until = Noon.AddDays(1), Scope = "default" });
        Denial(Certificate("old", Noon.AddDays(-30)), Thirty)!.ShouldContain("ended");
    }

    [Fact]
    public void By_default_it_may_not()
    {
        Denial(Certificate("old", Noon.AddDays(-1)), rule: null)!.ShouldContain("no renewal policy");
        Denial(Certificate("old", Noon.AddDays(-1)), RenewalRule.Of(new() { Scope = "default" }))!.ShouldContain("no renewal policy");
    }

    [Theory]
    [InlineData(CertificateStatus.Revoked)]
    [InlineData(CertificateStatus.Inactive)]
    [InlineData(CertificateStatus.PendingActivation)]
    public void What_is_not_active_may_not(CertificateStatus status) => Denial(Certificate("old", Noon.AddDays(-1), status), Thirty)!.ShouldContain("not active");

    [Fact]
    public void What_belongs_to_no_thing_may_not() => Denial(null, Thirty)!.ShouldContain("no thing");

    [Fact]
    public void Beside_a_certificate_that_works_it_may_not_unless_the_device_may_have_lost_that_one()
    {
        var (old, fresh) = (Certificate("old", Noon.AddDays(-1)), Certificate("new", Noon.AddDays(90)));
        Denial(old, Thirty, latest: null, fresh)!.ShouldContain("another one that works");
        Denial(old, Thirty, latest: null, Certificate("new", Noon.AddDays(90), CertificateStatus.Revoked)).ShouldBeNull();

        // Registered a moment ago and never used: the power may have gone before it was stored.
        var offered = AcceptCertificate.Decide(new("new", "old", Noon), Commanded, Noon).Events.Aggregate(Commanded, (state, @event) => state.Evolve(@event));
        Denial(old, Thirty, offered, fresh).ShouldBeNull();
    }

    static Rotation Commanded => StartRotation.Decide(new("SN-1", "old", RotationReason.Due, null, "test"), Rotation.Initial, 1, Noon).Events
        .Aggregate(Rotation.Initial, (state, @event) => state.Evolve(@event));

    [Fact]
    public async Task It_is_found_in_the_table_of_the_fleet_and_the_renewal_is_on_record_as_one_after_the_end()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var end = fixture.Clock.GetUtcNow().AddDays(-3);
        var old = SchedulerFixture.ARegistration("SN-grace", end, groups: "away");
        await fixture.Registrations.Store([old], cancellation);
        var grace = new FindRenewalGraceConsumer(new(fixture.Store), fixture.Rules, fixture.Rotations, fixture.Clock);
        (await grace.Find(old.CertificateId, cancellation)).Refusal.ShouldNotBeNull();
        (await grace.Find("nobody", cancellation)).Refusal.ShouldNotBeNull();

        await fixture.SetPolicy(new() { Scope = "group/away", GraceDays = 30 });
        (await grace.Find(old.CertificateId, cancellation)).Grace!.Scope.ShouldBe("group/away");

        var fresh = SchedulerFixture.ARegistration("SN-grace", end.AddDays(365), renewalOf: old.CertificateId) with { RegisteredAt = fixture.Clock.GetUtcNow() };
        foreach (var row in await fixture.Registrations.Store([fresh], cancellation)) await fixture.Accept.Handle(row, cancellation);
        (await fixture.Store.FetchStreamAsync(Rotation.StreamOf("SN-grace", 1), cancellation: cancellation)).Select(recorded => recorded.Data)
            .OfType<CertificateOffered>().ShouldHaveSingleItem().ExpiredAt.ShouldNotBeNull();
    }
}
