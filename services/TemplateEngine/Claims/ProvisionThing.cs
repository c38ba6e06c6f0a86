using System.Diagnostics;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using Command = FleetPlatform.Contracts.TemplateEngine.ProvisionThing;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>
/// RegisterThing (aws-protocol.md 1.12): verify the token, find and render the template, let the registry apply the resources, record
/// what happened, answer. Nothing is answered before it is recorded, but refusals beyond <see cref="RefusalBudget"/>.
/// </summary>
sealed class ProvisionThing(
    EventStore store, TemplateCatalogue catalogue, ApplyResources apply,
    AskHook hook, SpendClaim spend, RefusalBudget budget, OwnershipTokenOptions tokens, TemplateEngineOptions options, TimeProvider clock, ProvisioningMeter meter)
{
    readonly byte[] _tokenKey = tokens.KeyBytes();

    /// <param name="mayCallHook">False: a device whose template has a hook is told to come back alone (<see cref="ProvisionThingAnswer.AskHooked"/>).</param>
    public async Task<ProvisionThingAnswer> Handle(Command command, bool mayCallHook, CancellationToken cancellation)
    {
        var attempt = new Attempt(command, clock, options);
        var outcome = await Try(attempt, mayCallHook, cancellation);
        if (outcome.AskHooked) return new() { AskHooked = true };
        if (outcome.Replaced is { } answered) return answered;

        if (outcome.Refusal is { } refusal) return await Refuse(attempt, refusal, cancellation);

        attempt.Complete(outcome.Rendered!, outcome.VersionId, outcome.Grant!);
        var recorded = await Record(attempt, cancellation);
        if (recorded.Refusal is { } replayed) return await Refuse(attempt, replayed, cancellation);

        meter.Completed(attempt.Elapsed);
        return Answer(outcome);
    }

    async Task<ProvisionThingAnswer> Refuse(Attempt attempt, Refusal refusal, CancellationToken cancellation)
    {
        attempt.Refuse(refusal);
        if (attempt.HasCalledHook || budget.TrySpend(attempt.Command.Flow.PrincipalId)) await Record(attempt, cancellation);
        meter.Refused(refusal.Code, attempt.Elapsed);
        Activity.Current?.SetTag("fleet.reason", refusal.Code);
        return new() { Refused = new Refused { Code = refusal.Code, Detail = refusal.Detail } };
    }

    async Task<Outcome> Try(Attempt attempt, bool mayCallHook, CancellationToken cancellation)
    {
        var command = attempt.Command;
        if (OwnershipToken.Verify(_tokenKey, command.OwnershipToken, attempt.At, out var failure) is not { } token)
            return new(new Refusal(failure!, TokenDetail(failure!)));

        attempt.Token = token;
        if (!token.IsHeldBy(command.Flow.PrincipalId))
            return new(new Refusal(Reasons.TokenForeign.Code, "The token was given to another certificate than the one that authenticated this connection."));
        attempt.Present();

        if (ParameterRules.Check(command.Parameters, options) is { } wrong) return new(wrong);
        if (Renewal.Is(command)) return await Renew(attempt, cancellation);
        var (entry, claim, missing) = await FindTemplate(command, cancellation);
        if (missing is not null) return new(missing);
        if (entry!.Hook is not null && !mayCallHook) return new((Refusal?)null) { AskHooked = true };
        if (claim is not null && SpendClaim.RefuseClosed(claim, attempt.At) is { } closed) return new(closed);
        attempt.Claim = claim;
        if (entry.Hook is { } target && await hook.Handle(attempt, entry.Name, target, cancellation) is { } no) return new(no);

        var outcome = await Apply(attempt, entry, cancellation);
        return outcome.Refusal?.Code == Reasons.TokenReplayed.Code ? await AnswerAgain(attempt, entry, outcome, cancellation) : outcome;
    }

    async Task<(CatalogueEntry? Entry, LimitedClaim? Claim, Refusal? Refusal)> FindTemplate(Command command, CancellationToken cancellation)
    {
        var name = command.TemplateName;
        if (!Template.IsName(name)) return (null, null, new(Reasons.TemplateNotFound.Code, $"{Quoted.Of(name)} cannot be the name of a template."));

        var (entry, claim) = await catalogue.Find(name, command.Flow.PrincipalId, cancellation);
        return (entry, claim, entry switch
        {
            null or { Kind: not TemplateKind.Fleet } => new(Reasons.TemplateNotFound.Code, $"There is no fleet provisioning template \"{name}\"."),
            { Enabled: false } => new(Reasons.TemplateDisabled.Code, $"Template \"{name}\" is not enabled."),
            { Document: null } broken => new(Reasons.Internal.Code, $"Template \"{name}\" can no longer be read: {broken.Problem}"),
            _ => null,
        });
    }

    async Task<Outcome> Apply(Attempt attempt, CatalogueEntry entry, CancellationToken cancellation)
    {
        var (rendered, refusal) = Render.Resources(entry.Document!, attempt.Parameters, PseudoParameters.OfClaim(attempt.Token!.CertificateId));
        if (refusal is not null) return new(refusal);
        attempt.Resolve(rendered!, entry.VersionId);

        // After everything that refuses a device by what it sent, so that a mistake costs the claim nothing.
        if (attempt.Claim is { } claim && await spend.Handle(attempt, claim, cancellation) is { } spent) return new(spent);

        return await Apply(attempt, new Outcome((Refusal?)null) { Rendered = rendered, VersionId = entry.VersionId, Reprovisioning = entry.Reprovisioning }, cancellation);
    }

    // The built-in template: no document, the registry carries over what the asking certificate has.
    async Task<Outcome> Renew(Attempt attempt, CancellationToken cancellation)
    {
        var (resources, refusal) = Renewal.Render(attempt.Command);
        if (refusal is not null) return new(refusal);

        attempt.Resolve(resources!, Renewal.Version);
        return await Apply(attempt, new Outcome((Refusal?)null) { Rendered = resources, VersionId = Renewal.Version }, cancellation);
    }

    async Task<Outcome> Apply(Attempt attempt, Outcome planned, CancellationToken cancellation)
    {
        var (command, flow) = (attempt.Command, (attempt.Command.Flow with { FlowId = attempt.FlowId }).Traced());
        var request = ApplyResources.Request(planned.Rendered!, command.TemplateName, planned.VersionId, attempt.Token!.CertificateId, flow) with
        {
            Reprovisioning = planned.Reprovisioning,
            Renewal = Renewal.Is(command),
        };
        attempt.AskRegistry();
        var (grant, refusal) = await apply.Handle(request, cancellation);
        attempt.RegistryAnswered();
        return refusal is null ? planned with { Grant = grant } : new(refusal);
    }

    /// <summary>The registry knows other resources for this certificate. If only the template has changed since, the first answer is given again.</summary>
    async Task<Outcome> AnswerAgain(Attempt attempt, CatalogueEntry entry, Outcome replayed, CancellationToken cancellation)
    {
        var flow = await store.AggregateStreamAsync<Provisioning, ProvisioningEvent>(Provisioning.Stream(attempt.FlowId), cancellation);
        if (flow.Completed is not { } done || done.RequestHash != attempt.RequestHash || done.TemplateVersion == entry.VersionId) return replayed;

        var template = await Templates.DescribeTemplate.Find(entry.Name, store, cancellation);
        if (!template.Versions.TryGetValue(done.TemplateVersion, out var version)) return replayed;

        var before = TemplateCatalogue.Compile(entry with { VersionId = done.TemplateVersion, Body = version.Body, Document = null });
        if (before.Document is null) return replayed;

        var outcome = await Apply(attempt, before, cancellation);
        return outcome.Refusal is null ? outcome with { Replaced = Answer(outcome) } : outcome;
    }

    Task<Written<Provisioning, ProvisioningEvent>> Record(Attempt attempt, CancellationToken cancellation) =>
        RecordAttempt.Handle(attempt.Events, attempt.FlowId, attempt.Command.Flow.PrincipalId, store, cancellation);

    static ProvisionThingAnswer Answer(Outcome outcome) => new()
    {
        ThingName = outcome.Rendered!.Thing?.ThingName,
        DeviceConfiguration = outcome.Rendered.DeviceConfiguration,
        Grant = outcome.Grant,
    };

    static string TokenDetail(string failure) =>
        failure == Reasons.TokenMissing.Code ? "Certificate ownership token cannot be empty."
        : failure == Reasons.TokenExpired.Code ? "The certificate ownership token has expired."
        : "The certificate ownership token is not one that was given out here, or it was changed on the way.";

    /// <summary>How far an attempt came.</summary>
    sealed record Outcome(Refusal? Refusal)
    {
        /// <summary>Nothing is decided: the hook has to be asked, and that is not for now.</summary>
        public bool AskHooked { get; init; }

        public RenderedResources? Rendered { get; init; }
        public int VersionId { get; init; }

        /// <summary>What becomes of the certificates that the thing has already.</summary>
        public Reprovisioning Reprovisioning { get; init; }

        public PrincipalGrant? Grant { get; init; }

        /// <summary>An answer that was recorded before and is only given again.</summary>
        public ProvisionThingAnswer? Replaced { get; init; }
    }
}
