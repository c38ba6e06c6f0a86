using FleetPlatform.Contracts;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>One provisioning without an ownership token while it is served: gathers what there is to record of it, in the events of every provisioning flow.</summary>
/// <param name="template">The template's name, as asked.</param>
sealed class TokenlessAttempt(FlowContext flow, string template, TimeProvider clock, TemplateEngineOptions options)
{
    readonly long _began = clock.GetTimestamp();
    readonly List<ProvisioningEvent> _events = [];
    string _template = template;
    int _version;

    /// <summary>Null until it is known which one.</summary>
    public string? CertificateId { get; set; }

    public string FlowId => flow.FlowId;
    public IReadOnlyList<ProvisioningEvent> Events => _events;
    public IReadOnlyDictionary<string, string> Parameters { get; set; } = new Dictionary<string, string>();

    string ClientId => ParameterRules.Cut(flow.ClientId, options.RecordedCharacters);
    string RequestHash => ParameterRules.Hash(_template, Parameters);
    double Elapsed => Math.Round(clock.GetElapsedTime(_began).TotalMilliseconds, 3);

    public void Template(string name, int version) => (_template, _version) = (name, version);

    public void Resolve(RenderedResources rendered) => _events.Add(new ParametersResolved(CertificateId!, ClientId, _template, _version,
        rendered.Thing?.ThingName, Parameters, RequestHash, Elapsed, clock.GetUtcNow()));

    public void Complete(RenderedResources rendered, PrincipalGrant grant) => _events.Add(new ProvisioningCompleted(CertificateId!, _template, _version,
        rendered.Thing?.ThingName, grant.Status.ToString(), RequestHash, grant.Version, RegistryMilliseconds: 0, Elapsed, clock.GetUtcNow()));

    public void Refuse(Refusal refusal) => _events.Add(new ProvisioningRefused(refusal.Code, ParameterRules.Cut(refusal.Detail, 1024),
        flow.SessionId, ClientId, flow.PrincipalId, CertificateId, _template,
        _events.Count > 0 ? null : ParameterRules.Recorded(Parameters, options), RequestHash, null, Elapsed, clock.GetUtcNow()));
}
