using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.RotationScheduler.Alerts;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Certificates;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.RotationScheduler.Schedule;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using static FleetPlatform.RotationScheduler.Tests.SchedulerFixture;

namespace FleetPlatform.RotationScheduler.Tests.Certificates;

public sealed class SchedulingTests : IAsyncLifetime
{
    readonly SchedulerFixture _fixture = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    DateTimeOffset Now => _fixture.Clock.GetUtcNow();

    public ValueTask InitializeAsync() => _fixture.InitializeAsync();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task The_forecast_counts_by_week_issuer_group_and_template()
    {
        await _fixture.Registrations.Store([
            ARegistration("SN-1", Now.AddDays(3), groups: ["eu", "eu-west"]), ARegistration("SN-2", Now.AddDays(20), groups: ["eu"]),
            ARegistration("SN-3", Now.AddDays(200), template: "other"), ARegistration("SN-4", Now.AddDays(-1)),
            ARegistration("SN-5", Now.AddDays(3)) with { Status = CertificateStatus.Revoked }, ARegistration("claim", Now.AddDays(3)) with { Things = [] }], Cancellation);
        var forecast = new Forecast(_fixture.Store, _fixture.Clock);

        var weeks = await forecast.Read("week", 52, Cancellation);
        (weeks.Certificates, weeks.WithoutPolicy).ShouldBe((4, 4));
        weeks.Rows.Sum(row => row.Certificates).ShouldBe(4);
        weeks.Rows[0].ShouldSatisfyAllConditions(row => row.Key.ShouldBe("2026-11-16"), row => row.Expired.ShouldBe(1));
        (await forecast.Read("group", 1, Cancellation)).Rows.ToDictionary(row => row.Key, row => row.Certificates).ShouldBe(new Dictionary<string, long> { [""] = 2, ["eu"] = 2, ["eu-west"] = 1 }, ignoreOrder: true);
        (await forecast.Read("template", 1, Cancellation)).Rows.Single(row => row.Key == "birth").ShouldSatisfyAllConditions(
            row => row.Certificates.ShouldBe(3), row => row.Within7Days.ShouldBe(1), row => row.Within30Days.ShouldBe(2), row => row.Expired.ShouldBe(1));
        (await forecast.Read("issuer", 1, Cancellation)).Rows.ShouldHaveSingleItem().Key.ShouldBe("CN=device");
    }

    [Fact]
    public async Task Old_news_does_not_replace_newer()
    {
        var registration = ARegistration("SN-1", Now.AddDays(100));
        await _fixture.Registrations.Store([registration with { Version = 5, Status = CertificateStatus.Inactive }], Cancellation);
        await _fixture.Registrations.Store([registration], Cancellation);

        (await _fixture.Database.Scalar<string>("select status from fleet_certificates")).ShouldBe("Inactive");
    }

    [Fact]
    public async Task What_a_policy_says_is_due_is_begun_the_soonest_first_and_no_faster_than_its_rate()
    {
        await _fixture.Registrations.Store([.. Enumerable.Range(1, 5).Select(n => ARegistration($"SN-{n}", Now.AddDays(n))), ARegistration("SN-9", Now.AddDays(300))], Cancellation);
        var due = new DueRotations(_fixture.Store, _fixture.Rules, _fixture.Start, _fixture.Options, _fixture.Clock);
        (await due.Handle(100, Cancellation)).ShouldBe(0); // no policy

        await _fixture.SetPolicy(new() { Scope = "default", PerMinute = 2 });
        _fixture.Clock.Advance(TimeSpan.FromMinutes(10));
        (await due.Handle(100, Cancellation)).ShouldBe(2);
        (await _fixture.Rotations.Latest("SN-1", Cancellation)).Rotation.Phase.ShouldBe(RotationPhase.Commanded);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        (await due.Handle(1, Cancellation)).ShouldBe(1); // no room for more
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        (await due.Handle(100, Cancellation)).ShouldBe(2);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        (await due.Handle(100, Cancellation)).ShouldBe(0); // the last is not due, the others are under way
    }

    [Fact]
    public async Task A_closed_maintenance_window_holds_back_what_is_not_urgent()
    {
        await _fixture.Registrations.Store([ARegistration("SN-urgent", Now.AddDays(2)), ARegistration("SN-calm", Now.AddDays(10))], Cancellation);
        await _fixture.SetPolicy(new() { Scope = "default", Windows = ["03:00-04:00"] });
        var due = new DueRotations(_fixture.Store, _fixture.Rules, _fixture.Start, _fixture.Options, _fixture.Clock);

        (await due.Handle(100, Cancellation)).ShouldBe(1);
        (await _fixture.Rotations.Latest("SN-urgent", Cancellation)).Number.ShouldBe(1);
    }

    [Fact]
    public async Task A_use_that_comes_before_the_news_of_its_certificate_counts_all_the_same()
    {
        var old = ARegistration("SN-1", Now.AddDays(10));
        await _fixture.Registrations.Store([old], Cancellation);
        await _fixture.Start.Handle(new("SN-1", old.CertificateId, RotationReason.Operator, null, "test"), Cancellation);
        var fresh = ARegistration("SN-1", Now.AddDays(400), renewalOf: old.CertificateId);
        CertificateUse[] uses = [.. Enum.GetValues<CertificateUseKind>().Select(kind => new CertificateUse
        {
            CertificateId = fresh.CertificateId, ThingName = "SN-1", SessionId = "s", Kind = kind, At = Now,
        })];
        await _fixture.Uses.Remember(uses, Cancellation);
        await _fixture.Uses.Handle(uses, Cancellation);

        foreach (var row in await _fixture.Registrations.Store([fresh], Cancellation)) await _fixture.Accept.Handle(row, Cancellation);
        foreach (var row in await _fixture.Registrations.Store([fresh], Cancellation)) await _fixture.Accept.Handle(row, Cancellation); // told twice

        var (number, rotation) = await _fixture.Rotations.Latest("SN-1", Cancellation);
        (number, rotation.Phase, rotation.Proven).ShouldBe((1, RotationPhase.Overlap, fresh.CertificateId));
    }

    [Fact]
    public async Task Commands_that_devices_have_not_answered_can_be_given_again_and_no_others()
    {
        foreach (var thing in (string[])["SN-unanswered", "SN-answered"])
        {
            var old = ARegistration(thing, Now.AddDays(10));
            await _fixture.Registrations.Store([old], Cancellation);
            await _fixture.Start.Handle(new(thing, old.CertificateId, RotationReason.Operator, null, "test"), Cancellation);
            var fresh = ARegistration(thing, Now.AddDays(400), renewalOf: old.CertificateId);
            if (thing == "SN-unanswered") continue;
            foreach (var row in await _fixture.Registrations.Store([fresh], Cancellation)) await _fixture.Accept.Handle(row, Cancellation);
        }

        var said = new RotationReported { ThingName = "SN-unanswered", CertificateId = "x", SessionId = "s", Status = "connected", At = Now }; // again, and no answer
        await _fixture.Store.WriteToAggregate<Rotation, RotationEvent>(Rotation.StreamOf("SN-unanswered", 1), rotation => NoteReport.Decide(said, rotation, Now), cancellation: Cancellation);

        (await RepeatCommands.Unanswered(_fixture.Store, 10, Now, Cancellation)).ShouldHaveSingleItem().ThingName.ShouldBe("SN-unanswered");
        (await RepeatCommands.Unanswered(_fixture.Store, 10, Now.AddHours(2), Cancellation)).ShouldBeEmpty("the deadline is over");
    }

    /// <summary>The chain old, middle, last: with one of two neighbours gone, the device may hold nothing but the other.</summary>
    [Theory]
    [InlineData("last", "middle", true)]
    [InlineData("middle", "last", true)]
    [InlineData("old", "last", false)]
    [InlineData("old", "middle", true)]
    public async Task A_certificate_whose_neighbour_works_no_more_may_be_the_last_of_its_device(string gone, string asked, bool isLast)
    {
        var chain = new Dictionary<string, Registration> { ["old"] = ARegistration("SN-1", Now.AddDays(10)) };
        chain["middle"] = ARegistration("SN-1", Now.AddDays(400), renewalOf: chain["old"].CertificateId);
        chain["last"] = ARegistration("SN-1", Now.AddDays(500), renewalOf: chain["middle"].CertificateId);
        chain[gone] = chain[gone] with { Status = CertificateStatus.Revoked };
        await _fixture.Registrations.Store(chain.Values, Cancellation);

        (await _fixture.Rotations.IsLastResort("SN-1", chain[asked].CertificateId, isLeftBehind: false, Cancellation)).ShouldBe(isLast);
        if (gone == "old") (await _fixture.Rotations.IsLastResort("SN-1", chain[asked].CertificateId, isLeftBehind: true, Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_certificate_that_comes_in_the_instant_its_rotation_fails_gets_a_rotation_of_its_own_and_is_not_forgotten()
    {
        var old = ARegistration("SN-1", Now.AddDays(10));
        await _fixture.Registrations.Store([old], Cancellation);
        await _fixture.Start.Handle(new("SN-1", old.CertificateId, RotationReason.Operator, null, "test"), Cancellation);
        var fresh = ARegistration("SN-1", Now.AddDays(400), renewalOf: old.CertificateId);
        var meddling = new MeddlingClock(Now, () => _fixture.Store.WriteToAggregate<Rotation, RotationEvent>(
            Rotation.StreamOf("SN-1", 1), _ => new RotationFailed("device-reported", "x", []) { At = Now }, cancellation: Cancellation).Wait(Cancellation));
        var accept = new AcceptCertificate(_fixture.Store, _fixture.Rotations, _fixture.Uses, _fixture.Rules, meddling);

        foreach (var row in await _fixture.Registrations.Store([fresh], Cancellation)) await accept.Handle(row, Cancellation);

        var (number, rotation) = await _fixture.Rotations.Latest("SN-1", Cancellation);
        (number, rotation.Phase, rotation.Offers[0]).ShouldBe((2, RotationPhase.Offered, fresh.CertificateId));
    }

    /// <summary>Does something the first time it is asked: between the look and the write of whoever asks.</summary>
    sealed class MeddlingClock(DateTimeOffset now, Action act) : TimeProvider
    {
        bool _done;

        public override DateTimeOffset GetUtcNow()
        {
            if (_done) return now;
            _done = true;
            act();
            return now;
        }
    }

    [Fact]
    public async Task A_campaign_goes_from_wave_to_wave_and_two_over_one_device_take_turns()
    {
        var things = Enumerable.Range(1, 10).Select(n => ARegistration($"SN-{n}", Now.AddDays(100), groups: ["eu"])).ToArray();
        await _fixture.Registrations.Store(things, Cancellation);
        var create = new RotationScheduler.Campaigns.CreateCampaign(_fixture.Store, _fixture.Clock);
        foreach (var id in (string[])["first", "second"])
            (await create.Handle(new() { CampaignId = id, Query = new() { Group = "eu" }, CanaryPercent = 10, WavePercent = 100, RequestedBy = "test" }, Cancellation)).ShouldBeNull();
        var work = new CampaignWork(_fixture.Store, _fixture.Campaigns, _fixture.Rotations, _fixture.Start,
            new RotationScheduler.Rotations.CancelRotation(_fixture.Store, _fixture.Rotations, _fixture.Clock), _fixture.Options, _fixture.Clock);

        (await work.Handle(100, Cancellation)).ShouldBe(1); // the canary of the first; the second waits for it
        foreach (var thing in things)
        {
            if ((await _fixture.Rotations.Latest(thing.Things[0].ThingName, Cancellation)).Rotation.IsOpen) await Prove(thing);
        }

        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        (await work.Handle(100, Cancellation)).ShouldBeGreaterThan(0);
        for (var turn = 0; turn < 5; turn++)
        {
            foreach (var thing in things)
                if ((await _fixture.Rotations.Latest(thing.Things[0].ThingName, Cancellation)).Rotation.IsUnproven) await Prove(thing);
            _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
            await work.Handle(100, Cancellation);
        }

        var (first, second) = ((await _fixture.Campaigns.Describe("first", Cancellation))!, (await _fixture.Campaigns.Describe("second", Cancellation))!);
        (first.State, second.State).ShouldBe(("completed", "completed"));
        (first.Succeeded + second.Succeeded, first.Skipped + second.Skipped).ShouldBe((10, 10)); // each device once
    }

    [Fact]
    public async Task An_aborted_campaign_calls_off_what_is_not_proven()
    {
        await _fixture.Registrations.Store([.. Enumerable.Range(1, 4).Select(n => ARegistration($"SN-{n}", Now.AddDays(100)))], Cancellation);
        var create = new RotationScheduler.Campaigns.CreateCampaign(_fixture.Store, _fixture.Clock);
        await create.Handle(new() { CampaignId = "bad", Query = new() { Template = "birth" }, CanaryPercent = 100, RequestedBy = "test" }, Cancellation);
        var work = new CampaignWork(_fixture.Store, _fixture.Campaigns, _fixture.Rotations, _fixture.Start,
            new RotationScheduler.Rotations.CancelRotation(_fixture.Store, _fixture.Rotations, _fixture.Clock), _fixture.Options, _fixture.Clock);
        await work.Handle(100, Cancellation);
        await _fixture.Store.WriteToAggregate<Rotation, RotationEvent>(Rotation.StreamOf("SN-1", 1), _ => new RotationFailed("no-answer", "x", []) { At = Now }, cancellation: Cancellation);

        await work.Handle(100, Cancellation);

        (await _fixture.Campaigns.Describe("bad", Cancellation))!.ShouldSatisfyAllConditions(
            campaign => campaign.State.ShouldBe("aborted"), campaign => campaign.Failed.ShouldBe(1), campaign => campaign.RolledBack.ShouldBe(3), campaign => campaign.UnderWay.ShouldBe(0));
        (await _fixture.Rotations.Latest("SN-2", Cancellation)).Rotation.Phase.ShouldBe(RotationPhase.Cancelled);
    }

    [Fact]
    public async Task Of_each_certificate_one_is_warned_once_at_sixty_thirty_and_seven_days()
    {
        await _fixture.Registrations.Store([ARegistration("SN-1", Now.AddDays(40))], Cancellation);
        using var http = new HttpClient();
        using var service = new FleetService("rotation-scheduler");
        var metrics = new RotationMetrics(service);
        var alerts = new ExpiryAlerts(_fixture.Store, new Alerting(http, _fixture.Options, metrics, _fixture.Clock, NullLogger<Alerting>.Instance), metrics, _fixture.Clock);

        var marks = new List<int>();
        foreach (var days in (int[])[0, 1, 15, 20])
        {
            _fixture.Clock.Advance(TimeSpan.FromDays(days));
            await alerts.Handle(Cancellation);
            marks.Add(await _fixture.Database.Scalar<int>("select alerted_days from fleet_certificates"));
        }

        marks.ShouldBe([60, 60, 30, 7]);
    }

    async Task Prove(Registration old)
    {
        var thing = old.Things[0].ThingName;
        var fresh = ARegistration(thing, Now.AddDays(500), renewalOf: old.CertificateId, groups: ["eu"]);
        foreach (var row in await _fixture.Registrations.Store([fresh], Cancellation)) await _fixture.Accept.Handle(row, Cancellation);
        await _fixture.Uses.Handle([new() { CertificateId = fresh.CertificateId, ThingName = thing, SessionId = "s", Kind = CertificateUseKind.Published, At = Now }], Cancellation);
    }
}
