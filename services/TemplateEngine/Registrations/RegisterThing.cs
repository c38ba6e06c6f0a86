using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.RegisterThing;

namespace FleetPlatform.TemplateEngine.Registrations;

/// <summary>
/// Registers one device on an operator's word (aws-protocol 6): no token and no hook, because the operator answers for the device. Every step gives
/// the same answer when it is asked again with the same flow, so a caller that crashed asks again and doubles nothing.
/// </summary>
sealed class RegisterThing(EventStore store, TemplateCatalogue catalogue, ObtainCertificate obtain, ApplyResources apply,
    RefusalBudget budget, TemplateEngineOptions options, TimeProvider clock, ProvisioningMeter meter)
{
    const string Inline = "(of the request)";

    // A factory line and a task send the same body with every device.
    volatile CatalogueEntry? _last;

    public async Task<RegisterThingAnswer> Handle(Command command, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var attempt = new TokenlessAttempt(command.Flow, command.TemplateName ?? Inline, clock, options);
        var (registered, refusal) = await Try(command, attempt, cancellation);
        if (refusal is null)
        {
            attempt.Complete(registered!.Resources, registered.Grant);
            refusal = (await Record(command, attempt, cancellation)).Refusal;
        }
        // Not what passes by itself: the caller asks again, and there is nothing to tell yet.
        else if (refusal.Code != Reasons.Unavailable.Code && budget.TrySpend(command.Flow.PrincipalId))
        {
            attempt.Refuse(refusal);
            await Record(command, attempt, cancellation);
        }

        if (refusal is null) meter.Completed(clock.GetElapsedTime(began));
        else meter.Refused(refusal.Code, clock.GetElapsedTime(began));
        return refusal is null ? Answer(registered!) : new() { Refused = refusal.ToRefused() };
    }

    async Task<(Registered?, Refusal?)> Try(Command command, TokenlessAttempt attempt, CancellationToken cancellation)
    {
        // A CSR or certificate is recorded by the authority; here it would only be long, and a new CSR for the same key is no other request.
        attempt.Parameters = command.Parameters.Where(parameter => !IsPem(parameter.Value)).ToDictionary(StringComparer.Ordinal);
        if (ParameterRules.Check(attempt.Parameters, options) is { } wrong) return (null, wrong);
        if (command.Parameters.Count > options.MaximumParameters || command.Parameters.Values.Any(value => value?.Length > options.MaximumParameterValueCharacters))
            return (null, new(Reasons.InvalidParameters.Code, $"There are more than {options.MaximumParameters} parameters, or one has more than {options.MaximumParameterValueCharacters} characters."));
        var (entry, missing) = await FindTemplate(command, cancellation);
        if (missing is not null) return (null, missing);
        attempt.Template(entry!.Name, entry.VersionId);

        // Before a certificate is signed in vain. A bulk template does not depend on the certificate's id.
        var (rendered, refusal) = Render.Resources(entry.Document!, command.Parameters, Platform(entry, Rehearsal.RehearseTemplate.CertificateId));
        if (refusal is not null) return (null, refusal);
        var (certificate, refused) = await Obtain(command, rendered!, cancellation);
        if (refused is not null) return (null, refused);
        attempt.CertificateId = certificate.Id;
        if (entry.Kind == TemplateKind.Fleet) (rendered, _) = Render.Resources(entry.Document!, command.Parameters, Platform(entry, certificate.Id));
        attempt.Resolve(rendered!);

        var (grant, no) = await Apply(command, entry, rendered!, certificate, cancellation);
        return no is null ? (new(entry.Document!, rendered!, certificate, grant!), null) : (null, no);
    }

    static bool IsPem(string? value) => value?.StartsWith("-----BEGIN ", StringComparison.Ordinal) == true;

    async Task<(CatalogueEntry? Entry, Refusal? Refusal)> FindTemplate(Command command, CancellationToken cancellation)
    {
        if (command.TemplateName is not { } name)
        {
            var compiled = Compile(command.TemplateBody ?? "") with { Reprovisioning = command.Reprovisioning };
            return compiled switch
            {
                { Document: null } => (null, new(Reasons.InvalidRequest.Code, compiled.Problem!)),
                { Document.Certificate: null } => (null, new(Reasons.InvalidRequest.Code, "The template has no AWS::IoT::Certificate resource; a device is registered with one.")),
                _ => (compiled, null),
            };
        }

        var (entry, _) = await catalogue.Find(name, claimId: "", cancellation);
        return entry switch
        {
            null or { Kind: not TemplateKind.Fleet } => (null, new(Reasons.TemplateNotFound.Code, $"There is no fleet provisioning template {Quoted.Of(name)}.")),
            { Enabled: false } => (null, new(Reasons.TemplateDisabled.Code, $"Template \"{name}\" is not enabled.")),
            { Document: null } => (null, new(Reasons.Internal.Code, $"Template \"{name}\" can no longer be read: {entry.Problem}")),
            { Hook: not null } => (null, new(Reasons.InvalidRequest.Code, $"Template \"{name}\" has a pre-provisioning hook, which judges devices that come with a claim. Register with a template that has none, or with a template body.")),
            _ => (entry, null),
        };
    }

    CatalogueEntry Compile(string body) =>
        _last is { } last && last.Body == body ? last : _last = TemplateCatalogue.Compile(new(Inline, Enabled: true, TemplateKind.Bulk, VersionId: 1, body, null, null));

    static PseudoParameters Platform(CatalogueEntry entry, string certificateId) =>
        entry.Kind == TemplateKind.Fleet ? PseudoParameters.OfClaim(certificateId) : PseudoParameters.None;

    Task<(ObtainedCertificate, Refusal?)> Obtain(Command command, RenderedResources rendered, CancellationToken cancellation) =>
        (command.TemplateName, rendered.Certificate, command) switch
        {
            (null, { SigningRequest: { } csr }, _) => obtain.Issue(csr, command.Flow, cancellation),
            (null, { CertificatePem: { } pem } certificate, _) => obtain.Import(pem, certificate.AuthorityPem, withoutAuthority: false, command.Flow, cancellation),
            (null, { CertificateId: { } id }, { CertificatePem: { } pem }) => ImportNamed(id, pem, command, cancellation),
            (null, { CertificateId: { } id }, _) => Task.FromResult((new ObtainedCertificate(id, null, Registered: true), (Refusal?)null)),
            (_, _, { CertificateSigningRequest: { } csr, CertificatePem: null }) => obtain.Issue(csr, command.Flow, cancellation),
            (_, _, { CertificateSigningRequest: null, CertificatePem: { } pem }) => obtain.Import(pem, null, !command.RequireAuthority, command.Flow, cancellation),
            _ => Task.FromResult((default(ObtainedCertificate), (Refusal?)new(Reasons.InvalidRequest.Code,
                "With a named template, give either certificateSigningRequest or certificatePem."))),
        };

    // Nothing is admitted under a name that is not its own.
    Task<(ObtainedCertificate, Refusal?)> ImportNamed(string id, string pem, Command command, CancellationToken cancellation) =>
        Pem.TryReadOnly(pem, Pem.Certificate) is { } der && CertificateId.Of(der) != id
            ? Task.FromResult((default(ObtainedCertificate), (Refusal?)new(Reasons.CertificateInvalid.Code, $"The certificate that is given is not {Quoted.Of(id)}, which the template names.")))
            : obtain.Import(pem, null, !command.RequireAuthority, command.Flow, cancellation);

    Task<(PrincipalGrant?, Refusal?)> Apply(
        Command command, CatalogueEntry entry, RenderedResources rendered, ObtainedCertificate certificate, CancellationToken cancellation) =>
        apply.Handle(ApplyResources.Request(rendered, entry.Name, entry.VersionId, certificate.Id, command.Flow.Traced()) with
        {
            Reprovisioning = entry.Reprovisioning,
            Registered = certificate.Registered,
            CertificatePem = certificate.Registered ? null : certificate.Pem,
            OverrideStatus = rendered.Certificate?.OverrideStatus ?? ResourceOverride.DoNothing,
        }, cancellation);

    Task<Written<Provisioning, ProvisioningEvent>> Record(Command command, TokenlessAttempt attempt, CancellationToken cancellation) =>
        RecordAttempt.Handle(attempt.Events, attempt.FlowId, command.Flow.PrincipalId, store, cancellation);

    static RegisterThingAnswer Answer(Registered registered) => new()
    {
        CertificateId = registered.Certificate.Id,
        CertificatePem = registered.Certificate.Pem,
        ThingName = registered.Resources.Thing?.ThingName,
        DeviceConfiguration = registered.Resources.DeviceConfiguration,
        Resources = [.. Resources(registered)],
    };

    static IEnumerable<RegisteredResource> Resources(Registered registered)
    {
        var (template, resources) = (registered.Template, registered.Resources);
        if (template.Thing is { } thing) yield return new() { LogicalName = thing.LogicalName, Kind = ResourceKind.Thing, Name = resources.Thing!.ThingName };
        if (template.Certificate is { } certificate) yield return new() { LogicalName = certificate.LogicalName, Kind = ResourceKind.Certificate, Name = registered.Certificate.Id };
        foreach (var (policy, applied) in template.Policies.Zip(resources.Policies))
            if ((applied.PolicyName ?? registered.Grant.Policies.FirstOrDefault(granted => granted.Document == applied.PolicyDocument)?.PolicyName) is { } name)
                yield return new() { LogicalName = policy.LogicalName, Kind = ResourceKind.Policy, Name = name };
    }

    sealed record Registered(TemplateDocument Template, RenderedResources Resources, ObtainedCertificate Certificate, PrincipalGrant Grant);
}

sealed class RegisterThingsConsumer(RegisterThing register) : IConsumer<RegisterThings>
{
    public Task Consume(ConsumeContext<RegisterThings> context) =>
        context.AnswerEach<Command, RegisterThingAnswer, RegisterThingsAnswer>(
            item => register.Handle(item, context.CancellationToken), refused => new() { Refused = refused });
}
