using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Tests.Rotations;

public sealed class RotationDecisionTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly RotationTerms Terms = RotationTerms.Default with { Attempts = 2 };

    static Rotation After(params RotationEvent[] events) => events.Aggregate(Rotation.Initial, (state, @event) => state.Evolve(@event));

    static RotationEvent[] Commanded =>
        [.. StartRotation.Decide(new("SN-1", "old", RotationReason.Due, null, "test") { Terms = Terms }, Rotation.Initial, 1, Noon).Events];

    static RotationEvent[] Offered => [.. Commanded, new CertificateOffered("new", "old", Noon, Noon.AddHours(1)) { At = Noon }];

    static RotationEvent[] Proven => [.. Offered, new OfferProven("new", Noon.AddDays(7), []) { At = Noon.AddMinutes(1) }];

    static CertificateUse Use(string certificate, CertificateUseKind kind, DateTimeOffset? at = null) =>
        new() { CertificateId = certificate, ThingName = "SN-1", SessionId = "s", Kind = kind, At = at ?? Noon.AddMinutes(2) };

    [Fact]
    public void A_thing_rotates_one_certificate_at_a_time() =>
        StartRotation.Decide(new("SN-1", "old", RotationReason.Campaign, null, "test"), After(Commanded), 2, Noon).Refusal!.Code.ShouldBe("already-exists");

    [Fact]
    public void Keys_travel_only_where_a_policy_says_so()
    {
        PublishCommands.Translate((RotationCommanded)Commanded[1]).PairFor.ShouldBeNull();

        var rule = RenewalRule.Of(new() { Scope = "default", PushKeys = true });
        var pushed = StartRotation.Decide(new("SN-1", "old", RotationReason.Due, rule, "test"), Rotation.Initial, 1, Noon).Events;
        PublishCommands.Translate((RotationCommanded)pushed[1]).PairFor.ShouldBe("old");
        var again = AdvanceRotation.Decide(After([.. pushed, new AttemptFailed(1, "no-answer", "", [], Noon) { At = Noon }]), _ => true, Noon).Events.ShouldHaveSingleItem();
        PublishCommands.Translate((RotationCommanded)again).PairFor.ShouldBe("old");
    }

    [Fact]
    public void Connected_is_not_proven_and_published_is()
    {
        NoteUse.Decide(Use("new", CertificateUseKind.Connected), After(Offered), Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<OfferConnected>();
        NoteUse.Decide(Use("new", CertificateUseKind.Published), After(Offered), Noon).Events.OfType<OfferProven>().ShouldHaveSingleItem().RetireAt.ShouldBe(Noon.AddDays(7));
    }

    [Fact]
    public void What_is_told_twice_changes_nothing()
    {
        AcceptCertificate.Decide(new("new", "old", Noon), After(Offered), Noon).Events.ShouldBeEmpty();
        NoteUse.Decide(Use("new", CertificateUseKind.Published), After(Proven), Noon).Events.ShouldBeEmpty();
        AdvanceRotation.Decide(After(Commanded), _ => true, Noon).Events.ShouldBeEmpty();
    }

    [Fact]
    public void No_answer_by_the_deadline_is_tried_again_and_then_given_up_with_the_old_certificate_untouched()
    {
        var failed = AdvanceRotation.Decide(After(Commanded), _ => true, Noon.AddHours(1)).Events.ShouldHaveSingleItem().ShouldBeOfType<AttemptFailed>();
        failed.ShouldSatisfyAllConditions(() => failed.Code.ShouldBe("no-answer"), () => failed.RetryAt.ShouldBe(Noon.AddMinutes(75)));

        RotationEvent[] again = [.. Commanded, failed];
        var second = AdvanceRotation.Decide(After(again), _ => true, failed.RetryAt).Events.ShouldHaveSingleItem().ShouldBeOfType<RotationCommanded>();
        second.Attempt.ShouldBe(2);
        AdvanceRotation.Decide(After([.. again, second]), _ => true, second.Deadline).Events.ShouldHaveSingleItem().ShouldBeOfType<RotationFailed>();
    }

    [Fact]
    public void An_unproven_certificate_is_revoked_and_never_trusted_again()
    {
        var failed = AdvanceRotation.Decide(After(Offered), _ => true, Noon.AddHours(1)).Events.ShouldHaveSingleItem().ShouldBeOfType<AttemptFailed>();
        var state = After([.. Offered, failed]);

        failed.Doomed.ShouldBe(["new"]);
        NoteUse.Decide(Use("new", CertificateUseKind.Published), state, Noon).Events.ShouldBeEmpty();
        AdvanceRotation.ActOf(state, _ => true, Noon).ShouldBe(new RotationAct(RotationActKind.RevokeDoomed, "new"));
    }

    [Fact]
    public void The_old_certificate_goes_only_after_the_overlap_and_while_the_new_one_works()
    {
        AdvanceRotation.ActOf(After(Proven), _ => true, Noon.AddDays(6)).ShouldBeNull();
        AdvanceRotation.Decide(After(Proven), id => id != "new", Noon.AddDays(7)).Events.ShouldHaveSingleItem().ShouldBeOfType<RotationFailed>().Code.ShouldBe("new-certificate-lost");

        var begun = AdvanceRotation.Decide(After(Proven), _ => true, Noon.AddDays(7)).Events.ShouldHaveSingleItem().ShouldBeOfType<RetirementBegun>();
        var act = AdvanceRotation.ActOf(After([.. Proven, begun]), _ => true, Noon.AddDays(7));
        act.ShouldBe(new RotationAct(RotationActKind.DeactivateOld, "old"));
        var deactivated = AdvanceRotation.Record(act!.Value, After([.. Proven, begun]), Noon.AddDays(7)).Events.ShouldHaveSingleItem();
        AdvanceRotation.ActOf(After([.. Proven, begun, deactivated]), _ => true, Noon.AddDays(8)).ShouldBe(new RotationAct(RotationActKind.RevokeOld, "old"));
    }

    [Fact]
    public void Where_the_terms_leave_no_time_between_the_old_certificate_is_revoked_at_once()
    {
        var started = (RotationStarted)Proven[0];
        RotationEvent[] proven = [started with { Terms = started.Terms with { RevokeAfter = TimeSpan.Zero } }, .. Proven.Skip(1)];
        var begun = AdvanceRotation.Decide(After(proven), _ => true, Noon.AddDays(7)).Events.ShouldHaveSingleItem();
        var retiring = After([.. proven, begun]);

        var act = AdvanceRotation.ActOf(retiring, _ => true, Noon.AddDays(7));

        act.ShouldBe(new RotationAct(RotationActKind.RevokeOld, "old"));
        AdvanceRotation.ActOf(retiring, id => id != "new", Noon.AddDays(7)).ShouldBeNull("never the old one before the new one works");
        AdvanceRotation.RecordAndGoOn(act!.Value, retiring, _ => true, Noon.AddDays(7)).Events.Select(@event => @event.GetType()).ShouldBe([typeof(OldRevoked), typeof(RotationCompleted)]);
    }

    /// <summary>A device registers two and uses the second; the news of the first comes after all the rest, as when the scheduler was away.</summary>
    [Fact]
    public void What_was_registered_before_the_proven_one_is_revoked_however_late_the_news_comes()
    {
        var late = new CertificatePair("first", "old", Noon.AddSeconds(-1));
        RotationEvent[] over = [.. Proven, new RetirementBegun { At = Noon }, new OldDeactivated("old", null) { At = Noon }, new OldRevoked("old") { At = Noon }, new RotationCompleted { At = Noon }];

        foreach (var events in (RotationEvent[][])[Proven, over])
        {
            var state = After([.. events, .. AcceptCertificate.Decide(late, After(events), Noon).Events]);
            AdvanceRotation.ActOf(state, _ => true, Noon).ShouldBe(new RotationAct(RotationActKind.RevokeDoomed, "first"));
            After([.. events, .. AcceptCertificate.Decide(late, state, Noon).Events]).Doomed.ShouldBeEmpty("told twice");
        }

        // Another device of the same thing, or a later one, is not left behind.
        AcceptCertificate.Decide(late with { RenewalOf = "another's" }, After(over), Noon).Events.ShouldBeEmpty();
        AcceptCertificate.Decide(late with { RegisteredAt = Noon.AddSeconds(1) }, After(over), Noon).Events.ShouldBeEmpty();
    }

    [Fact]
    public void One_more_that_was_asked_for_with_the_proven_one_has_its_time_and_is_then_revoked()
    {
        var next = AcceptCertificate.Decide(new("next", "new", Noon.AddMinutes(5)), After(Proven), Noon.AddMinutes(5)).Events.ShouldHaveSingleItem();
        var state = After([.. Proven, next]);

        AdvanceRotation.Decide(state, _ => true, Noon.AddDays(7)).Events.ShouldHaveSingleItem().ShouldBeOfType<OffersSuperseded>().Doomed.ShouldBe(["next"]);
        AdvanceRotation.Decide(state, id => id != "new", Noon.AddDays(7)).Events.ShouldHaveSingleItem().ShouldBeOfType<RotationFailed>().Doomed.ShouldBeEmpty("it may be all that the device has");

        var atOnce = After([.. Offered, new OfferProven("new", Noon, []) { At = Noon }, next]);
        AdvanceRotation.Decide(atOnce, _ => true, Noon.AddMinutes(6)).Events.ShouldBeEmpty("the device may be about to use it");
    }

    [Fact]
    public void An_unproven_certificate_stays_when_somebody_has_taken_the_old_one_meanwhile() =>
        AdvanceRotation.Decide(After(Offered), id => id != "old", Noon.AddHours(1)).Events.ShouldHaveSingleItem().ShouldBeOfType<AttemptFailed>().Doomed.ShouldBeEmpty();

    [Fact]
    public void A_device_that_comes_back_with_the_old_certificate_keeps_it()
    {
        var back = NoteUse.Decide(Use("old", CertificateUseKind.Connected), After(Proven), Noon.AddMinutes(2)).Events.ShouldHaveSingleItem().ShouldBeOfType<AttemptFailed>();
        back.ShouldSatisfyAllConditions(() => back.Code.ShouldBe("rolled-back"), () => back.Doomed.ShouldBe(["new"]));

        // A connection from before the proof, told of late, is no fall-back.
        NoteUse.Decide(Use("old", CertificateUseKind.Connected, Noon), After(Proven), Noon.AddMinutes(2)).Events.ShouldBeEmpty();
        // Once the retirement has begun there is no way back: the new one works, and the device still has it.
        NoteUse.Decide(Use("old", CertificateUseKind.Connected), After([.. Proven, new RetirementBegun { At = Noon }]), Noon).Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_report_counts_over_the_old_certificate_and_is_only_noted_over_another()
    {
        RotationReported Report(string certificate) => new() { ThingName = "SN-1", CertificateId = certificate, SessionId = "s", Status = "failed", Detail = "no flash", At = Noon };

        NoteReport.Decide(Report("old"), After(Offered), Noon).Events.OfType<AttemptFailed>().ShouldHaveSingleItem().Detail.ShouldContain("no flash");
        NoteReport.Decide(Report("new"), After(Offered), Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<DeviceReported>();
        NoteReport.Decide(Report("old"), After(Enumerable.Range(0, 20).Aggregate(Commanded, (events, _) => [.. events, new DeviceReported("old", "x", null) { At = Noon }])), Noon)
            .Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_pair_that_reached_nobody_ends_the_attempt_at_once_and_what_was_registered_of_it()
    {
        RotationReported Report(string certificate) => new()
        {
            ThingName = "SN-1", CertificateId = certificate, SessionId = "s", Status = RotationProtocol.NotPushedStatus, Detail = "gone", At = Noon,
        };

        var failed = NoteReport.Decide(Report("old"), After(Offered), Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<AttemptFailed>();
        failed.ShouldSatisfyAllConditions(() => failed.Code.ShouldBe("pair-not-pushed"), () => failed.Detail.ShouldBe("gone"), () => failed.Doomed.ShouldBe(["new"]));
        NoteReport.Decide(Report("old"), After(Commanded), Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<AttemptFailed>().Doomed.ShouldBeEmpty();
        NoteReport.Decide(Report("new"), After(Offered), Noon).Events.ShouldBeEmpty();
        NoteReport.Decide(Report("old"), After(Proven), Noon).Events.ShouldBeEmpty("the device has it");
    }

    [Fact]
    public void A_rotation_can_be_called_off_until_it_is_proven()
    {
        FleetPlatform.RotationScheduler.Rotations.CancelRotation.Decide(After(Offered), "op", "why", Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<RotationCancelled>().Doomed.ShouldBe(["new"]);
        FleetPlatform.RotationScheduler.Rotations.CancelRotation.Decide(After(Proven), "op", "why", Noon).Refusal.ShouldNotBeNull();
        FleetPlatform.RotationScheduler.Rotations.CancelRotation.Decide(Rotation.Initial, "op", "why", Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void A_device_that_began_by_itself_is_not_commanded_after_a_failure()
    {
        var own = After([
            new RotationStarted("SN-1", 1, "old", RotationReason.Device, null, null, Terms, "old") { At = Noon },
            new CertificateOffered("new", "old", Noon, Noon.AddHours(1)) { At = Noon }]);

        AdvanceRotation.Decide(own, _ => true, Noon.AddHours(1)).Events.ShouldHaveSingleItem().ShouldBeOfType<RotationFailed>().Doomed.ShouldBe(["new"]);
    }

    [Fact]
    public void The_command_names_the_certificate_to_replace_and_no_secret()
    {
        var command = PublishCommands.Translate((RotationCommanded)Commanded[1]);

        command.Topic.ShouldBe("devices/SN-1/certs/rotate");
        command.Payload.ShouldBe($$"""{"command":"rotate","rotation":"SN-1-1","attempt":1,"certificateId":"old","template":"fleet-rotation","deadline":{{Noon.AddHours(1).ToUnixTimeSeconds()}}}""");
    }

    [Fact]
    public void Pauses_double_up_to_a_day() =>
        Enumerable.Range(1, 10).Select(attempt => RotationTerms.Default.BackOffAfter(attempt).TotalMinutes).ShouldBe([15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440]);
}
