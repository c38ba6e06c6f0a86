using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.CertificateAuthority;

/// <summary>
/// What this service knows about a flow. A flow id and a certificate id name streams here; the index knows the common names of requests: of a device that never came to
/// name itself to a template, that is all there is of it.
/// </summary>
sealed class FlowSteps(EventStore store, SubjectIndex index) : IFlowSteps
{
    const int FlowIdLength = 32;
    const int MaximumFlowsOfName = 64; // firmware may give every device the same

    /// <summary>What an issuance is found by, beside its flow.</summary>
    public static IEnumerable<string> SubjectsOf(RecordedEvent recorded)
    {
        if (recorded.Data is CertificatePrepared { CommonName: { } prepared }) yield return prepared;
        if (recorded.Data is IssuanceRefused { CommonName: { } refused }) yield return refused;
    }

    public async Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var flows = new HashSet<string>(subjects.Where(subject => subject.Length == FlowIdLength && subject.All(char.IsAsciiHexDigitLower)));
        foreach (var certificateId in subjects.Where(subject => CertificateId.IsWellFormed(subject)))
        {
            var certificate = await store.AggregateStreamAsync<Certificate, CertificateEvent>(Certificate.StreamOf(certificateId), cancellation);
            if (certificate.Signed is { } signed) flows.Add(signed.FlowId);
        }

        foreach (var issuance in (await index.FindStreams(subjects, cancellation)).TakeLast(MaximumFlowsOfName)) flows.Add(issuance.Key);

        var steps = new List<FlowStep>();
        foreach (var flowId in flows)
            steps.AddRange(Describe(await store.FetchStreamAsync(Issuance.StreamOf(flowId), cancellation: cancellation)));
        return steps;
    }

    /// <summary>The steps of one issuance. Pure.</summary>
    public static IEnumerable<FlowStep> Describe(IReadOnlyList<RecordedEvent> events)
    {
        var intent = events.Count > 0 ? events[0].Data as CertificatePrepared : null;
        foreach (var recorded in events)
        {
            var step = recorded.Data switch
            {
                CertificatePrepared when events.Count == 1 => Step("certificate prepared, not signed yet"),
                IssuanceCompleted completed => Step("certificate issued") with
                {
                    CertificateId = completed.CertificateId,
                    DurationMilliseconds = completed.DurationMilliseconds,
                    Detail = $"serial number {intent?.SerialNumber}, profile {intent?.Profile}",
                },
                CertificateAbandoned abandoned => Step("certificate abandoned") with { ReasonCode = Reasons.Unavailable.Code, Detail = abandoned.Reason },
                IssuanceRefused refused => Step("certificate refused") with
                {
                    ReasonCode = refused.Code,
                    Detail = refused.Detail,
                    SessionId = refused.SessionId,
                    ClientId = refused.ClientId,
                },
                _ => null,
            };
            if (step is not null) yield return step;

            FlowStep Step(string name) => new()
            {
                Service = "certificate-authority",
                Step = name,
                At = recorded.Timestamp,
                FlowId = recorded.StreamId.Key,
                SessionId = intent?.SessionId,
                ClientId = intent?.ClientId,
                StreamId = recorded.StreamId.Value,
                TraceId = recorded.Metadata.TraceId,
            };
        }
    }
}
