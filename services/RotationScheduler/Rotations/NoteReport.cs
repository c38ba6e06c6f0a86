using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>
/// A device told how its rotation goes. What it says ends an attempt only when it says so over its old certificate: over the new one,
/// the connection itself contradicts it.
/// </summary>
static class NoteReport
{
    const int MaximumReports = 20;
    static readonly string[] Failures = ["failed", "rolled-back"];

    public static Decision<RotationEvent> Decide(RotationReported report, Rotation rotation, DateTimeOffset now)
    {
        if (!rotation.IsOpen || rotation.Reports >= MaximumReports) return Decision<RotationEvent>.Nothing;
        var said = new DeviceReported(report.CertificateId, report.Status, report.Detail) { At = report.At };
        if (!Failures.Contains(report.Status) || !rotation.Old.Contains(report.CertificateId)
            || rotation.Phase is not (RotationPhase.Commanded or RotationPhase.Offered or RotationPhase.Overlap)) return said;

        var ends = AttemptEnds.With(FailureCodes.DeviceReported, $"{report.Status}: {report.Detail ?? "no detail"}", rotation, now);
        return Decision<RotationEvent>.Of([said, .. ends.Events]);
    }
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
