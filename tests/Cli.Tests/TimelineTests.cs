using FleetPlatform.Cli.Commands;
using FleetPlatform.Contracts;

namespace FleetPlatform.Cli.Tests;

public sealed class TimelineTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    static FlowStep Step(string service, string step) => new() { Service = service, Step = step, At = Noon, StreamId = "s-1" };

    static readonly FlowStep Issued = Step("certificate-authority", "certificate issued") with { FlowId = "f", CertificateId = "new" };

    // What the registry says of the end of a certificate, whoever ended it.
    static FlowStep Ended(string certificate) => Step("thing-registry", "certificate revoked") with { CertificateId = certificate, ReasonCode = Reasons.CertificateNotActive.Code };

    static FlowStep Retired(string certificate) => Step("rotation-scheduler", "old certificate revoked") with { CertificateId = certificate, EndsCertificate = true };

    [Fact]
    public void That_a_rotation_retires_a_certificate_is_no_failure() =>
        Timeline.FirstFailure([Issued, Ended("old"), Retired("old"), Step("rotation-scheduler", "rotation completed")]).ShouldBeNull();

    [Fact]
    public void That_somebody_else_revokes_the_one_in_use_is_one()
    {
        var revoked = Ended("new");
        Timeline.FirstFailure([Issued, Ended("old"), Retired("old"), revoked]).ShouldBe(revoked);
    }

    [Fact]
    public void A_device_that_is_refused_with_a_retired_certificate_is_told_so()
    {
        var refused = Step("mqtt-gateway", "connect refused") with { SessionId = "x", CertificateId = "old", ReasonCode = Reasons.CertificateNotActive.Code };
        Timeline.FirstFailure([Issued, Ended("old"), Retired("old"), refused]).ShouldBe(refused);
    }

    [Fact]
    public void A_failed_rotation_is_explained_and_not_the_revocation_that_follows_and_forgotten_after_the_next()
    {
        var failed = Step("rotation-scheduler", "rotation failed") with { ReasonCode = Reasons.RotationFailed.Code };
        FlowStep[] first = [Issued, failed, Ended("new"), Retired("new")];

        Timeline.FirstFailure(first).ShouldBe(failed);
        Timeline.FirstFailure([.. first, Step("rotation-scheduler", "rotation begun"), Issued with { FlowId = "g", CertificateId = "next" }]).ShouldBeNull();
    }
}
