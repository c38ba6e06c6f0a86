using System.Globalization;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Hooks;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>What this service knows of a device's way, for <c>fleet why</c>.</summary>
sealed class ProvisioningSteps(EventStore store, SubjectIndex index) : IFlowSteps
{
    const int MaximumSubjectCharacters = 128;
    const int MaximumStreams = 100;
    const int MaximumEventsPerStream = 200;

    /// <summary>
    /// Under which subjects a flow is found. The event that has most of them names all, so that a flow costs one statement; the flow id
    /// is the stream's name and needs none.
    /// </summary>
    public static IEnumerable<string> SubjectsOf(RecordedEvent recorded) => recorded.StreamId.Category != "provisioning" ? [] : recorded.Data switch
    {
        ParametersResolved resolved => Subjects(resolved.Parameters, resolved.CertificateId, resolved.ClientId, resolved.ThingName),
        ProvisioningRefused { Parameters: { } parameters } refused => Subjects(parameters, refused.CertificateId, refused.ClientId, null),
        _ => [],
    };

    static IEnumerable<string> Subjects(IReadOnlyDictionary<string, string> parameters, params IEnumerable<string?> ids) =>
        ids.OfType<string>().Concat(parameters.Values).Where(subject => subject.Length is > 0 and <= MaximumSubjectCharacters);

    public async Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var streams = (await index.FindStreams([.. subjects], cancellation))
            .Where(stream => stream.Category == "provisioning").Concat(subjects.Where(IsFlowId).Select(Provisioning.Stream))
            .Distinct().TakeLast(MaximumStreams); // flow ids are version 7: the last ones are the newest
        var steps = new List<FlowStep>();
        foreach (var stream in streams)
        {
            CompleteWith(steps, [.. (await store.FetchStreamAsync(stream, 1, MaximumEventsPerStream, cancellation)).Select(Step)]);
        }

        return steps;
    }

    // What one event of an attempt tells, its neighbours need not repeat; a reader of the list wants it on each line.
    static void CompleteWith(List<FlowStep> steps, List<FlowStep> stream)
    {
        FlowStep? before = null;
        foreach (var step in stream)
            steps.Add(before = step with
            {
                CertificateId = step.CertificateId ?? before?.CertificateId,
                ThingName = step.ThingName ?? before?.ThingName,
                SessionId = step.SessionId ?? before?.SessionId,
                ClientId = step.ClientId ?? before?.ClientId,
            });
    }

    static FlowStep Step(RecordedEvent recorded)
    {
        var step = new FlowStep
        {
            Service = "template-engine",
            Step = "",
            At = recorded.Timestamp,
            FlowId = recorded.StreamId.Key,
            StreamId = recorded.StreamId.Value,
            TraceId = recorded.Metadata.TraceId,
        };
        return recorded.Data switch
        {
            TokenPresented e => step with
            {
                Step = "ownership token presented",
                At = e.At,
                SessionId = e.SessionId,
                ClientId = e.ClientId,
                CertificateId = e.CertificateId,
                TemplateName = e.TemplateName,
                Detail = string.Create(CultureInfo.InvariantCulture, $"given out {(e.At - e.TokenIssuedAt).TotalSeconds:0.0} s before"),
            },
            HookCalled e => step with
            {
                Step = $"pre-provisioning hook {e.Outcome switch { HookOutcome.Allowed => "allowed it", HookOutcome.Declined => "declined", _ => "failed" }}",
                At = e.At,
                DurationMilliseconds = e.Milliseconds,
                CertificateId = e.CertificateId,
                TemplateName = e.TemplateName,
                Detail = e.Reason is null ? e.Target : $"{e.Target}: {e.Reason}",
            },
            ParametersResolved e => step with
            {
                Step = "template rendered",
                At = e.At,
                DurationMilliseconds = e.RenderMilliseconds,
                CertificateId = e.CertificateId,
                ClientId = e.ClientId,
                ThingName = e.ThingName,
                TemplateName = e.TemplateName,
                Detail = $"version {e.TemplateVersion}, {Listed(e.Parameters)}",
            },
            ProvisioningCompleted e => step with
            {
                Step = "thing registered",
                At = e.At,
                DurationMilliseconds = e.TotalMilliseconds,
                CertificateId = e.CertificateId,
                ThingName = e.ThingName,
                TemplateName = e.TemplateName,
                Detail = string.Create(CultureInfo.InvariantCulture, $"certificate {e.CertificateStatus}; registry {e.RegistryMilliseconds:0.#} ms"),
            },
            ProvisioningRefused e => step with
            {
                Step = "provisioning refused",
                At = e.At,
                DurationMilliseconds = e.TotalMilliseconds,
                ReasonCode = e.ReasonCode,
                Detail = e.Parameters is null ? e.Detail : $"{e.Detail} ({Listed(e.Parameters)})",
                SessionId = e.SessionId,
                ClientId = e.ClientId,
                CertificateId = e.CertificateId,
                TemplateName = e.TemplateName,
            },
            _ => step with { Step = recorded.Type },
        };
    }

    static string Listed(IReadOnlyDictionary<string, string> parameters) => parameters.Count == 0
        ? "no parameters"
        : string.Join(", ", parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal).Select(parameter => $"{parameter.Key}={parameter.Value}"));

    static bool IsFlowId(string subject) => subject.Length == 32 && subject.All(char.IsAsciiHexDigitLower);
}
