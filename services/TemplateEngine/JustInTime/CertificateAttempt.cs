using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using Command = FleetPlatform.Contracts.TemplateEngine.ProvisionCertificate;

namespace FleetPlatform.TemplateEngine.JustInTime;

/// <summary>One just-in-time provisioning while it is served: gathers what there is to record of it, in the events of every provisioning flow.</summary>
sealed class CertificateAttempt(Command command, TimeProvider clock, TemplateEngineOptions options)
{
    readonly long _began = clock.GetTimestamp();
    readonly List<ProvisioningEvent> _events = [];
    string _template = command.TemplateName ?? "";
    int _version;

    public string CertificateId { get; } = Pki.CertificateId.Of(command.Certificate);
    public string FlowId => command.Flow.FlowId;
    public IReadOnlyList<ProvisioningEvent> Events => _events;
    public IReadOnlyDictionary<string, string> Parameters { get; set; } = new Dictionary<string, string>();

    string ClientId => ParameterRules.Cut(command.Flow.ClientId, options.RecordedCharacters);
    string RequestHash => ParameterRules.Hash(_template, Parameters);
    double Elapsed => Math.Round(clock.GetElapsedTime(_began).TotalMilliseconds, 3);

    public void Template(string name, int version) => (_template, _version) = (name, version);

    public void Resolve(RenderedResources rendered) => _events.Add(new ParametersResolved(CertificateId, ClientId, _template, _version,
        rendered.Thing?.ThingName, ParameterRules.Recorded(Parameters, options), RequestHash, Elapsed, clock.GetUtcNow()));

    public void Complete(RenderedResources rendered, PrincipalGrant grant) => _events.Add(new ProvisioningCompleted(CertificateId, _template, _version,
        rendered.Thing?.ThingName, rendered.CertificateStatus.ToString(), RequestHash, grant.Version, RegistryMilliseconds: 0, Elapsed, clock.GetUtcNow()));

    public void Refuse(Refusal refusal) => _events.Add(new ProvisioningRefused(refusal.Code, ParameterRules.Cut(refusal.Detail, 1024),
        command.Flow.SessionId, ClientId, CertificateId, CertificateId, _template,
        _events.Count > 0 ? null : ParameterRules.Recorded(Parameters, options), RequestHash, null, Elapsed, clock.GetUtcNow()));
}
