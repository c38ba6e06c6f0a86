using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Query = FleetPlatform.Contracts.TemplateEngine.RehearseTemplate;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>Everything a registration would come to, without a device, a certificate or a change: rendered, planned by the registry, decided by policy.</summary>
sealed class RehearseTemplate(EventStore store, IAsk ask, FleetOptions fleet, TemplateEngineOptions options)
{
    const int MaximumQuestions = 100;

    /// <summary>Stands for the certificate that a device would have. No certificate has this fingerprint.</summary>
    public static string CertificateId { get; } = new('0', 64);

    static readonly FlowContext Flow = new() { FlowId = new('0', 32), SessionId = new('0', 32), PrincipalId = "operator", ClientId = "rehearsal" };

    public async Task<(TemplateRehearsed? Rehearsed, Refusal? Refusal)> Handle(Query query, CancellationToken cancellation)
    {
        if (query.Questions.Count > MaximumQuestions)
            return (null, new(Reasons.LimitExceeded.Code, $"There are {query.Questions.Count} questions; at most {MaximumQuestions} are answered at once."));
        if (query.Questions.FirstOrDefault(question => ActionOf(question.Action) is null) is { } unknown)
            return (null, new(Reasons.InvalidRequest.Code, $"{Quoted.Of(unknown.Action)} is no action; ask for connect, publish, retain-publish, subscribe or receive."));
        if (query.Subject.Keys.FirstOrDefault(part => !PseudoParameters.SubjectParts.Contains(part)) is { } part)
            return (null, new(Reasons.InvalidRequest.Code, $"{Quoted.Of(part)} is no part of a subject; known: {string.Join(", ", PseudoParameters.SubjectParts)}."));
        if (ParameterRules.Check(query.Parameters, options) is { } wrong) return (null, wrong);

        var (entry, refusal) = await Find(query, cancellation);
        if (refusal is not null) return (null, refusal);

        var platform = entry!.Kind switch
        {
            TemplateKind.Fleet => PseudoParameters.OfClaim(CertificateId),
            TemplateKind.JustInTime => PseudoParameters.OfCertificate(CertificateId, query.Subject),
            _ => PseudoParameters.None,
        };
        var (rendered, no) = Render.Resources(entry.Document!, query.Parameters, platform);
        if (no is not null) return (new() { VersionId = VersionOf(entry), Refused = no.ToRefused() }, null);
        return (await Plan(query, entry, rendered!, cancellation), null);
    }

    async Task<(CatalogueEntry? Entry, Refusal? Refusal)> Find(Query query, CancellationToken cancellation)
    {
        var entry = new CatalogueEntry(query.TemplateName ?? "", true, TemplateKind.Fleet, 0, query.TemplateBody ?? "", null, null);
        if (query.TemplateName is { } name)
        {
            var template = await Templates.DescribeTemplate.Find(name, store, cancellation);
            if (!template.Exists) return (null, Template.NotFound(name));
            var version = query.VersionId ?? template.DefaultVersionId;
            if (!template.Versions.TryGetValue(version, out var found)) return (null, Template.NoVersion(name, version));
            entry = entry with { Reprovisioning = template.Reprovisioning, Kind = Template.KindOf(template.Type), VersionId = version, Body = found.Body };
        }
        else if (Kinds.Read(query.Kind ?? Template.FleetProvisioning) is { } kind)
        {
            entry = entry with { Kind = kind };
        }
        else
        {
            return (null, Kinds.Unknown(query.Kind));
        }

        entry = TemplateCatalogue.Compile(entry);
        return entry.Document is null ? (null, new(Reasons.InvalidRequest.Code, entry.Problem!)) : (entry, null);
    }

    async Task<TemplateRehearsed> Plan(Query query, CatalogueEntry entry, RenderedResources rendered, CancellationToken cancellation)
    {
        var rehearsed = new TemplateRehearsed
        {
            VersionId = VersionOf(entry),
            Thing = rendered.Thing,
            DeviceConfiguration = rendered.DeviceConfiguration,
            CertificateStatus = rendered.CertificateStatus == CertificateStatus.Active ? "ACTIVE" : "INACTIVE",
        };
        var answer = await ask.Ask<RehearseProvisioning, ProvisioningRehearsed>(new() { Item = Item(entry, rendered) }, cancellation);
        if ((answer.Refused ?? answer.Value!.Refused) is { } refused) return rehearsed with { Refused = refused };

        var grant = answer.Value!.Grant!;
        return rehearsed with
        {
            Changes = answer.Value.Changes,
            Policies = grant.Policies,
            Answers = [.. query.Questions.Select(question => Answer(question, query.ClientId ?? rendered.Thing?.ThingName ?? "", grant))],
        };
    }

    static ApplyProvisioning Item(CatalogueEntry entry, RenderedResources rendered) =>
        ApplyResources.Request(rendered, entry.Name, entry.VersionId, CertificateId, Flow) with { Reprovisioning = entry.Reprovisioning };

    // As a gateway decides for a connection with this client id (aws-protocol 8.5): a group's policies count for the group's thing only.
    PolicyAnswer Answer(PolicyQuestion question, string clientId, PrincipalGrant grant)
    {
        var thing = grant.ThingOf(clientId);
        var policies = new CompiledPolicySet([.. grant.PoliciesOf(thing).Select(policy => PolicyDocument.CompileOrDenyAll(policy.Document, out _))]);
        var decision = policies.Evaluate(ActionOf(question.Action)!.Value, question.Name, new()
        {
            Region = fleet.Region,
            AccountId = fleet.AccountId,
            ClientId = clientId,
            CertificateId = CertificateId,
            ThingName = thing?.ThingName,
            ThingTypeName = thing?.ThingTypeName,
            ThingAttributes = thing?.Attributes ?? new Dictionary<string, string>(),
            IsAttached = thing is not null,
        });
        return new()
        {
            Action = question.Action,
            Name = question.Name,
            Decision = decision switch { PolicyDecision.Allowed => "ALLOWED", PolicyDecision.ExplicitDeny => "EXPLICIT_DENY", _ => "IMPLICIT_DENY" },
        };
    }

    static int? VersionOf(CatalogueEntry entry) => entry.VersionId == 0 ? null : entry.VersionId;

    static PolicyAction? ActionOf(string action) => action switch
    {
        "connect" => PolicyAction.Connect,
        "publish" => PolicyAction.Publish,
        "retain-publish" => PolicyAction.RetainPublish,
        "subscribe" => PolicyAction.Subscribe,
        "receive" => PolicyAction.Receive,
        _ => null,
    };
}

sealed class RehearseTemplateConsumer(RehearseTemplate rehearsal) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var (rehearsed, refusal) = await rehearsal.Handle(context.Message, context.CancellationToken);
        await context.Answer(refusal, () => rehearsed!);
    }
}
