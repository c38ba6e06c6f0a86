using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>Has ThingRegistry register what a template rendered to, all or nothing.</summary>
sealed class ApplyResources(IBatcher<ApplyProvisioning, ApplyProvisioningAnswer> registry)
{
    /// <summary>The registry's order of what a template rendered to. What only some ways of entering the fleet have is added by them.</summary>
    public static ApplyProvisioning Request(RenderedResources rendered, string templateName, int templateVersion, string certificateId, FlowContext flow) => new()
    {
        Flow = flow,
        CertificateId = certificateId,
        TemplateName = templateName,
        TemplateVersion = templateVersion,
        CertificateStatus = rendered.CertificateStatus,
        ExclusiveThing = rendered.ExclusiveThing,
        Thing = rendered.Thing,
        Policies = rendered.Policies,
    };

    /// <returns>The certificate's grant, or why there is none; <c>unavailable</c> when the registry did not answer: asking again does no harm.</returns>
    public async Task<(PrincipalGrant? Grant, Refusal? Refusal)> Handle(ApplyProvisioning request, CancellationToken cancellation)
    {
        try
        {
            var answer = await registry.Ask(request, cancellation);
            return answer.Refused is { } refused ? (null, new(refused.Code, refused.Detail)) : (answer.Grant, null);
        }
        catch (RequestUnavailableException)
        {
            return (null, new(Reasons.Unavailable.Code, "The thing registry did not answer. Retry with back-off; asking again does no harm."));
        }
    }
}
