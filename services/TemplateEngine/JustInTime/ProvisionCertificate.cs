using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.ProvisionCertificate;

namespace FleetPlatform.TemplateEngine.JustInTime;

/// <summary>
/// Just-in-time provisioning (aws-protocol 5.3): the template of a certificate's authority, with the certificate's subject for parameters. No token
/// and no hook: that the connection has the certificate's key and that the authority has signed it is the permission.
/// </summary>
sealed class ProvisionCertificate(EventStore store, TemplateCatalogue catalogue, ApplyResources apply,
    RefusalBudget budget, TemplateEngineOptions options, TimeProvider clock, ProvisioningMeter meter)
{
    const string Inline = "(of the CA)";

    public async Task<ProvisionThingAnswer> Handle(Command command, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var attempt = new TokenlessAttempt(command.Flow, command.TemplateName ?? "", clock, options) { CertificateId = CertificateId.Of(command.Certificate) };
        var (grant, rendered, refusal) = await Try(command, attempt, cancellation);
        if (refusal is null)
        {
            attempt.Complete(rendered!, grant!);
            await Record(attempt, cancellation);
            meter.Completed(clock.GetElapsedTime(began));
            return new() { ThingName = rendered!.Thing?.ThingName, Grant = grant };
        }

        attempt.Refuse(refusal);
        if (budget.TrySpend(attempt.CertificateId!)) await Record(attempt, cancellation);
        meter.Refused(refusal.Code, clock.GetElapsedTime(began));
        return new() { Refused = new() { Code = refusal.Code, Detail = refusal.Detail } };
    }

    async Task<(PrincipalGrant? Grant, RenderedResources? Rendered, Refusal? Refusal)> Try(
        Command command, TokenlessAttempt attempt, CancellationToken cancellation)
    {
        var (entry, missing) = await FindTemplate(command, cancellation);
        if (missing is not null) return (null, null, missing);
        attempt.Template(entry!.Name, entry.VersionId);

        IReadOnlyDictionary<string, string> parameters;
        try
        {
            parameters = SubjectParameters.Of(CertificateText.Read(command.Certificate).Subject);
        }
        catch (PkiException wrong)
        {
            return (null, null, new(Reasons.CertificateInvalid.Code, wrong.Message));
        }

        attempt.Parameters = ParameterRules.Recorded(parameters, options);
        var (rendered, refusal) = Render.Resources(entry.Document!, new Dictionary<string, string>(), PseudoParameters.OfCertificate(attempt.CertificateId!, parameters));
        if (refusal is not null) return (null, null, refusal);
        attempt.Resolve(rendered!);
        var (grant, no) = await apply.Handle(
            ApplyResources.Request(rendered!, entry.Name, entry.VersionId, attempt.CertificateId!, command.Flow.Traced()), cancellation);
        return (grant, rendered, no);
    }

    async Task<(CatalogueEntry? Entry, Refusal? Refusal)> FindTemplate(Command command, CancellationToken cancellation)
    {
        if (command.TemplateName is not { } name)
            return Readable(TemplateCatalogue.Compile(new(Inline, Enabled: true, TemplateKind.JustInTime, VersionId: 1, command.TemplateBody ?? "", null, null)));
        var (found, _) = await catalogue.Find(name, claimId: "", cancellation);
        return found switch
        {
            null or { Kind: not TemplateKind.JustInTime } => (null, new(Reasons.TemplateNotFound.Code, $"There is no template \"{name}\" of type JITP.")),
            { Enabled: false } => (null, new(Reasons.TemplateDisabled.Code, $"Template \"{name}\" is not enabled.")),
            var entry => Readable(entry),
        };
    }

    static (CatalogueEntry?, Refusal?) Readable(CatalogueEntry entry) => entry.Document is null
        ? (null, new(Reasons.Internal.Code, $"Template \"{entry.Name}\" cannot be read: {entry.Problem}"))
        : (entry, null);

    Task<Written<Provisioning, ProvisioningEvent>> Record(TokenlessAttempt attempt, CancellationToken cancellation) =>
        RecordAttempt.Handle(attempt.Events, attempt.FlowId, attempt.CertificateId!, store, cancellation);
}

sealed class ProvisionCertificatesConsumer(ProvisionCertificate provision) : IConsumer<ProvisionCertificates>
{
    public Task Consume(ConsumeContext<ProvisionCertificates> context) =>
        context.AnswerEach<Command, ProvisionThingAnswer, ProvisionCertificatesAnswer>(
            item => provision.Handle(item, context.CancellationToken), refused => new() { Refused = refused });
}
