using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation;

/// <summary>What this service knows about a device: when its certificate stopped being trusted. A certificate id names a stream here.</summary>
sealed class FlowSteps(EventStore store) : IFlowSteps
{
    public async Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var steps = new List<FlowStep>();
        foreach (var subject in subjects.Where(CertificateTrust.IsCertificateId))
            steps.AddRange((await store.FetchStreamAsync(CertificateTrust.StreamOf(subject), cancellation: cancellation)).Select(Describe).OfType<FlowStep>());
        return steps;
    }

    /// <summary>One recorded event as a step. Pure.</summary>
    public static FlowStep? Describe(RecordedEvent recorded)
    {
        return recorded.Data switch
        {
            CertificateRevoked e => Step("certificate revoked", $"{e.Reason}, asked for by {e.RequestedBy}"),
            RevocationReasonRaised e => Step("revocation reason raised", $"{e.Reason}, asked for by {e.RequestedBy}"),
            CertificateReinstated e => Step("certificate reinstated", $"asked for by {e.RequestedBy}"),
            ChangeTookEffect e => Step("revocation in effect", $"at {e.By} {e.At:HH:mm:ss.fff}, {e.SessionsClosed} sessions closed"),
            _ => null,
        };

        FlowStep Step(string name, string detail) => new()
        {
            Service = "revocation",
            Step = name,
            At = recorded.Timestamp,
            Detail = detail,
            CertificateId = recorded.StreamId.Key,
            StreamId = recorded.StreamId.Value,
            TraceId = recorded.Metadata.TraceId,
        };
    }
}
