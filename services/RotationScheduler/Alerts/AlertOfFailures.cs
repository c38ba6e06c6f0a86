using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Alerts;

/// <summary>Counts how rotations go, and alerts of those that failed for good. One alert for what failed in the same moment.</summary>
sealed class AlertOfFailures(EventStore store, Alerting alerting, RotationMetrics metrics) : ISubscription
{
    const int MaximumSubjects = 10;

    const string TimesToProof = """
        select proof.at - begun_at from unnest($1, $2, $3) proof (thing, number, at) join fleet_rotations r on r.thing_name = proof.thing and r.number = proof.number
        """;

    public string Name => "rotation-scheduler.alert";

    public IReadOnlyCollection<Type> IncludedEventTypes =>
        [typeof(CampaignAborted), typeof(RotationCompleted), typeof(RotationFailed), typeof(RotationCancelled), typeof(OfferProven)];

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

        if (batch.Any(recorded => recorded.Data is OfferProven)) await TimeProofs([.. batch.Where(recorded => recorded.Data is OfferProven)], cancellation);
    }

    async Task TimeProofs(IReadOnlyList<RecordedEvent> proofs, CancellationToken cancellation)
    {
        var rotations = proofs.Select(proof => Rotation.NameOf(proof.StreamId)).ToArray();
        await using var command = store.DataSource.CreateCommand(TimesToProof);
        command.Parameters.Add(Sql.Texts(rotations.Select(rotation => rotation.Thing)));
        command.Parameters.Add(Sql.Numbers(rotations.Select(rotation => (long)rotation.Number)));
        command.Parameters.Add(Sql.Times(proofs.Select(proof => (DateTimeOffset?)((OfferProven)proof.Data).At)));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) metrics.Proven(reader.GetFieldValue<TimeSpan>(0));
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
