using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>
/// A device told how its rotation goes, or its gateway that a pair did not reach it. What is said ends an attempt only when it is said over the
/// old certificate: over the new one, the connection itself contradicts it.
/// </summary>
static class NoteReport
{
    const int MaximumReports = 20;
    static readonly string[] Failures = ["failed", "rolled-back"];

    public static Decision<RotationEvent> Decide(RotationReported report, Rotation rotation, DateTimeOffset now)
    {
        if (!rotation.IsOpen) return Decision<RotationEvent>.Nothing;
        var isOfOld = rotation.Old.Contains(report.CertificateId);
        if (report.Status == RotationProtocol.NotPushedStatus)
            return isOfOld && rotation.Phase is (RotationPhase.Commanded or RotationPhase.Offered) ? NotPushed(report, rotation, now) : Decision<RotationEvent>.Nothing;

        if (rotation.Reports >= MaximumReports) return Decision<RotationEvent>.Nothing;
        var said = new DeviceReported(report.CertificateId, report.Status, report.Detail) { At = report.At };
        if (!Failures.Contains(report.Status) || !isOfOld || rotation.Phase is not (RotationPhase.Commanded or RotationPhase.Offered or RotationPhase.Overlap)) return said;

        var ends = AttemptEnds.With(FailureCodes.DeviceReported, $"{report.Status}: {report.Detail ?? "no detail"}", rotation, now);
        return Decision<RotationEvent>.Of([said, .. ends.Events]);
    }

    static Decision<RotationEvent> NotPushed(RotationReported report, Rotation rotation, DateTimeOffset now) =>
        AttemptEnds.With(FailureCodes.NotPushed, report.Detail ?? "The new pair did not reach the device.", rotation, now);
}

sealed class RotationReportedConsumer(EventStore store, RotationsTable table, TimeProvider clock) : IConsumer<RotationReported>
{
    public async Task Consume(ConsumeContext<RotationReported> context)
    {
        var report = context.Message;
        var (number, latest) = await table.Latest(report.ThingName, context.CancellationToken);
        if (!latest.IsOpen) return;
        await store.WriteToAggregate<Rotation, RotationEvent>(Rotation.StreamOf(report.ThingName, number),
            rotation => NoteReport.Decide(report, rotation, clock.GetUtcNow()),
            new() { Actor = report.CertificateId, CorrelationId = report.SessionId, CausationId = context.MessageId?.ToString() }, context.CancellationToken);
    }
}
