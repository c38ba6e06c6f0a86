using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>
/// <c>GET /fleet/flows?subject=…</c>: everything any service recorded about a device. Two rounds: the subject leads to flows, sessions and
/// certificates, and those to all their steps.
/// </summary>
sealed class Flows(IAsk ask, ControlPlaneOptions options) : IOperations
{
    const int MaximumSubjects = 64;
    const int MaximumSteps = 1000;
    const string Gateway = "mqtt-gateway";

    /// <summary>Those that record steps in a device's life.</summary>
    static readonly string[] Services = [Gateway, "certificate-authority", "template-engine", "thing-registry", "revocation", "rotation-scheduler"];

    public IEnumerable<Operation> All => [new("FindFlowSteps", "GET /fleet/flows", Find)];

    async Task<Reply> Find(OperationRequest request, CancellationToken cancellation)
    {
        var subject = request.Query("subject");
        if (string.IsNullOrEmpty(subject) || subject.Length > 256) throw new InvalidInputException("subject is required: 1 to 256 characters.");

        var first = await AskAll(Services, [subject], cancellation);
        var reached = Services.Except(first.Missing).ToArray();
        var related = Related(first.Steps).Where(id => id != subject).Take(MaximumSubjects).ToArray();
        var second = related.Length == 0 ? ([], []) : await AskAll(reached, related, cancellation);

        var steps = Merge(first.Steps.Concat(second.Steps));
        return Reply.Of(new { steps = Wire.Of(steps), missing = first.Missing.Union(second.Missing).ToArray() });
    }

    /// <summary>Flows, their sessions, and the certificates they made, of these steps.</summary>
    /// <remarks>
    /// What the gateway names is the certificate of a connection, and for a claim that is one shared by many devices: following it would
    /// bring in the whole fleet.
    /// </remarks>
    public static IEnumerable<string> Related(IEnumerable<FlowStep> steps) => steps
        .SelectMany(step => (string?[])[step.FlowId, step.SessionId, step.Service == Gateway ? null : step.CertificateId])
        .OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>Each step once, in order of time; the newest, when there are too many.</summary>
    public static IReadOnlyList<FlowStep> Merge(IEnumerable<FlowStep> steps) =>
        [.. steps.Distinct().OrderBy(step => step.At).ThenBy(step => step.StreamId, StringComparer.Ordinal).TakeLast(MaximumSteps)];

    async Task<(IReadOnlyList<FlowStep> Steps, IReadOnlyList<string> Missing)> AskAll(
        IReadOnlyList<string> services, IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(services.Select(service => AskOne(service, subjects, cancellation)));
        return ([.. answers.SelectMany(steps => steps ?? [])], [.. services.Zip(answers).Where(pair => pair.Second is null).Select(pair => pair.First)]);
    }

    // Null when the service does not answer in time: what the others know is still worth showing.
    async Task<IReadOnlyList<FlowStep>?> AskOne(string service, IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.FlowStepsTimeout);
        try
        {
            return (await ask.AskService<FindFlowSteps, FlowStepsFound>(service, new() { Subjects = subjects }, deadline.Token)).Value?.Steps;
        }
        catch (Exception late) when (late is RequestUnavailableException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
