using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Hooks;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>The step of a flow in which somebody else has a say: asks the template's hook, and takes its overrides.</summary>
sealed class AskHook(CallHook call, IssuedCertificates certificates, EventStore store, Arn arn, TemplateEngineOptions options, TimeProvider clock)
{
    /// <returns>Why the device is not provisioned; null when it may be.</returns>
    public async Task<Refusal?> Handle(Attempt attempt, string templateName, string target, CancellationToken cancellation)
    {
        // Asked again because the answer was lost: the hook's first verdict stands, and so do its overrides.
        var flow = await store.AggregateStreamAsync<Provisioning, ProvisioningEvent>(Provisioning.Stream(attempt.FlowId), cancellation);
        if (flow.Completed is { } done && done.RequestHash == attempt.RequestHash)
        {
            attempt.Overrides = flow.Overrides;
            return null;
        }

        var began = clock.GetTimestamp();
        var verdict = await certificates.Find(attempt.Token!.CertificateId, cancellation) is { } pem
            ? await call.Handle(target, new()
            {
                ClaimCertificateId = attempt.Command.Flow.PrincipalId,
                CertificateId = attempt.Token.CertificateId,
                CertificatePem = pem,
                TemplateArn = arn.ProvisioningTemplate(templateName),
                ClientId = attempt.Command.Flow.ClientId,
                Parameters = attempt.Command.Parameters,
            }, cancellation)
            : HookVerdict.Failed("the certificate authority did not say what certificate to show it.");
        if (verdict.Outcome == HookOutcome.Allowed && ParameterRules.Check(ParameterRules.Merge(attempt.Command.Parameters, verdict.Overrides), options) is { } wrong)
            verdict = HookVerdict.Failed($"its parameterOverrides cannot be used: {wrong.Detail}", verdict.Status);

        attempt.Call(target, verdict, clock.GetElapsedTime(began));
        attempt.Overrides = verdict.Overrides;
        return verdict.Refusal();
    }
}
