using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Alerts;

/// <summary>Counts how rotations end, and alerts of those that failed for good. One alert for what failed in the same moment.</summary>
sealed class AlertOfFailures(Alerting alerting, RotationMetrics metrics) : ISubscription
{
    const int MaximumSubjects = 10;

    public string Name => "rotation-scheduler.alert";

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        foreach (var alert in Translate(batch)) await alerting.Give(alert, cancellation);
        foreach (var recorded in batch)
        {
            switch (recorded.Data)
            {
                case RotationCompleted: metrics.Ended("completed", "none"); break;
                case RotationFailed e: metrics.Ended("failed", e.Code); break;
                case RotationCancelled: metrics.Ended("cancelled", "none"); break;
            }
        }
    }

    /// <summary>What is worth an alert. Pure.</summary>
    public static IEnumerable<Alert> Translate(IReadOnlyList<RecordedEvent> batch)
    {
        foreach (var recorded in batch)
            if (recorded.Data is CampaignAborted aborted)
                yield return new("campaign-aborted", $"Campaign {recorded.StreamId.Key} was aborted: {aborted.Detail}", [recorded.StreamId.Key], 1, aborted.At);

        foreach (var code in batch.Where(recorded => recorded.Data is RotationFailed).GroupBy(recorded => ((RotationFailed)recorded.Data).Code, StringComparer.Ordinal))
        {
            var last = (RotationFailed)code.Last().Data;
            string[] things = [.. code.Select(recorded => Rotation.NameOf(recorded.StreamId).Thing)];
            var text = things.Length == 1
                ? $"Rotation of {things[0]} has failed: {last.Detail} The device keeps its old certificate."
                : $"{things.Length} rotations have failed with {code.Key}. The devices keep their old certificates.";
            yield return new("rotation-failed", text, [.. things.Take(MaximumSubjects)], things.Length, last.At);
        }
    }
}
