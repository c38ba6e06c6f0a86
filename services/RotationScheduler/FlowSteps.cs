using System.Globalization;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.RotationScheduler;

/// <summary>The story of a thing's rotations, for <c>fleet why</c>. A thing is found by its name, or by a certificate it had.</summary>
sealed class FlowSteps(EventStore store) : IFlowSteps
{
    const int MaximumRotations = 10;

    public async Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var steps = new List<FlowStep>();
        foreach (var stream in await FindStreams(subjects, cancellation))
            steps.AddRange((await store.FetchStreamAsync(stream, cancellation: cancellation)).Select(Describe).OfType<FlowStep>());
        return steps;
    }

    async Task<IReadOnlyList<StreamId>> FindStreams(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select thing_name, number from fleet_rotations where thing_name = any($1)
                or thing_name in (select thing_name from fleet_certificates where certificate_id = any($1))
            order by begun_at desc limit $2
            """);
        command.Parameters.Add(Sql.Texts(subjects));
        command.Parameters.Add(Sql.Number(MaximumRotations));
        var streams = new List<StreamId>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) streams.Add(Rotation.StreamOf(reader.GetString(0), reader.GetInt32(1)));
        return streams;
    }

    /// <summary>One recorded event as a step. Pure.</summary>
    public static FlowStep? Describe(RecordedEvent recorded) => recorded.Data switch
    {
        RotationStarted e => Step(recorded, "rotation begun", $"{e.Reason}, asked for by {e.RequestedBy}") with { CertificateId = e.OldCertificateId },
        RotationCommanded e => Step(recorded, "device told to rotate", string.Create(CultureInfo.InvariantCulture, $"attempt {e.Attempt}, answer by {e.Deadline:u}{(e.PushPair ? "; by a pushed pair: the private key travels" : "")}")),
        CertificateOffered e => Step(recorded, "new certificate registered by the device", e.ExpiredAt is { } end ? $"in the grace of a certificate that had expired at {end:u}" : null) with { CertificateId = e.CertificateId },
        OfferConnected e => Step(recorded, "connected with the new certificate", null) with { CertificateId = e.CertificateId },
        OfferProven e => Step(recorded, "new certificate proven", $"connected and published; the old one works until {e.RetireAt:u}") with { CertificateId = e.CertificateId },
        DeviceReported e => Step(recorded, $"device reported {e.Status}", e.Detail) with { CertificateId = e.CertificateId },
        AttemptFailed e => Step(recorded, "attempt to rotate failed", $"{e.Code}: {e.Detail} Again at {e.RetryAt:u}"),
        OffersSuperseded e => Step(recorded, "certificates that are not used given up", string.Join(", ", e.Doomed.Select(id => id[..Math.Min(12, id.Length)]))),
        OfferRevoked e => Step(recorded, "unproven certificate revoked", null) with { CertificateId = e.CertificateId, EndsCertificate = true },
        OfferSpared e => Step(recorded, "unproven certificate kept", "it may be all that the device has") with { CertificateId = e.CertificateId },
        OldDeactivated e => Step(recorded, "old certificate deactivated", null) with { CertificateId = e.CertificateId, EndsCertificate = true },
        OldRevoked e => Step(recorded, "old certificate revoked", null) with { CertificateId = e.CertificateId, EndsCertificate = true },
        RotationCompleted => Step(recorded, "rotation completed", null),
        RotationFailed e => Step(recorded, "rotation failed", $"{e.Code}: {e.Detail} The old certificate stays.") with { ReasonCode = Reasons.RotationFailed.Code },
        RotationCancelled e => Step(recorded, "rotation cancelled", $"{e.Detail} By {e.By}."),
        _ => null,
    };

    static FlowStep Step(RecordedEvent recorded, string step, string? detail) => new()
    {
        Service = "rotation-scheduler",
        Step = step,
        At = ((RotationEvent)recorded.Data).At,
        Detail = detail,
        ThingName = Rotation.NameOf(recorded.StreamId).Thing,
        StreamId = recorded.StreamId.Value,
        TraceId = recorded.Metadata.TraceId,
    };
}
