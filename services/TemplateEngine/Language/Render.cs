using System.Text;
using FleetPlatform.Contracts.ThingRegistry;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>What a template becomes for one device.</summary>
sealed record RenderedResources
{
    /// <summary>Null when the template has no certificate resource.</summary>
    public RenderedCertificate? Certificate { get; init; }

    public required CertificateStatus CertificateStatus { get; init; }
    public required bool ExclusiveThing { get; init; }
    public ThingToApply? Thing { get; init; }
    public required IReadOnlyList<PolicyToApply> Policies { get; init; }
    public required IReadOnlyDictionary<string, string> DeviceConfiguration { get; init; }
}

/// <summary>Which certificate, in the one way that the template names it.</summary>
sealed record RenderedCertificate
{
    public string? CertificateId { get; init; }
    public string? SigningRequest { get; init; }
    public string? CertificatePem { get; init; }
    public string? AuthorityPem { get; init; }
    public ResourceOverride OverrideStatus { get; init; }
}

/// <summary>Either resources or the reason why there are none.</summary>
readonly record struct Rendering(RenderedResources? Resources, Refusal? Refusal);

/// <summary>Template and parameters in, resources out: a pure function.</summary>
static class Render
{
    /// <param name="template">The parsed template.</param>
    /// <param name="parameters">As the device sent them. Names that begin with AWS:: are ignored: only the platform gives those.</param>
    /// <param name="platform">What the platform knows of the certificate.</param>
    public static Rendering Resources(TemplateDocument template, IReadOnlyDictionary<string, string> parameters, PseudoParameters platform)
    {
        var scope = new RenderScope(template, parameters, platform);
        if (template.Kind == TemplateKind.JustInTime) RequireDeclared(scope);
        var resources = new RenderedResources
        {
            Certificate = Certificate(scope, template.Certificate),
            CertificateStatus = Choice(scope, template.Certificate?.Status, "Status", "ACTIVE", "INACTIVE")
                ? CertificateStatus.Active
                : CertificateStatus.Inactive,
            ExclusiveThing = template.Certificate?.ThingPrincipalType is { } type
                && Choice(scope, type, "ThingPrincipalType", "EXCLUSIVE_THING", "NON_EXCLUSIVE_THING"),
            Thing = template.Thing is { } thing ? Thing(scope, thing) : null,
            Policies = Policies(scope, template.Policies),
            DeviceConfiguration = Texts(scope, template.DeviceConfiguration),
        };
        return scope.Refusal is { } refusal ? new(null, refusal) : new(resources, null);
    }

    /// <summary>JITP fails when the certificate lacks what the template declares, even if nothing refers to it (aws-protocol.md 2.6).</summary>
    static void RequireDeclared(RenderScope scope)
    {
        foreach (var name in scope.Template.Parameters.Keys.Where(PseudoParameters.IsOne)) scope.Resolve(name);
    }

    static RenderedCertificate? Certificate(RenderScope scope, CertificateResource? certificate) => certificate is null ? null : new()
    {
        CertificateId = certificate.CertificateId?.Evaluate(scope),
        SigningRequest = certificate.SigningRequest?.Evaluate(scope),
        CertificatePem = certificate.CertificatePem?.Evaluate(scope),
        AuthorityPem = certificate.AuthorityPem?.Evaluate(scope),
        OverrideStatus = certificate.OverrideStatus,
    };

    /// <returns>True for <paramref name="first"/>, which is also the default.</returns>
    static bool Choice(RenderScope scope, TextExpression? expression, string property, string first, string second)
    {
        if (expression?.Evaluate(scope) is not { } value || value.Equals(first, StringComparison.OrdinalIgnoreCase)) return true;

        if (!value.Equals(second, StringComparison.OrdinalIgnoreCase))
            scope.Refuse(Reasons.InvalidParameters, $"{property} is {Quoted.Of(value)}; it must be {first} or {second}.");
        return false;
    }

    static ThingToApply? Thing(RenderScope scope, ThingResource thing)
    {
        if (Name(scope, thing.ThingName, "ThingName") is not { } name) return null;

        var attributes = thing.Attributes is null ? null : Texts(scope, thing.Attributes);
        foreach (var (attribute, value) in attributes ?? [])
            if (!Language.Texts.IsAttributeValue(value))
                scope.Refuse(Reasons.InvalidParameters,
                    $"Attribute \"{attribute}\" is {Quoted.Of(value)}; it may have at most {TemplateLimits.AttributeValueCharacters} letters, digits and _ . , @ / : # = [ ] -.");

        return new ThingToApply
        {
            ThingName = name,
            ThingTypeName = Name(scope, thing.ThingTypeName, "ThingTypeName"),
            BillingGroup = Name(scope, thing.BillingGroup, "BillingGroup"),
            Attributes = attributes,
            ThingGroups = Groups(scope, thing.ThingGroups),
            OverrideAttributes = thing.OverrideAttributes,
            OverrideThingType = thing.OverrideThingType,
            OverrideThingGroups = thing.OverrideThingGroups,
        };
    }

    static IReadOnlyList<string>? Groups(RenderScope scope, ListExpression? expression)
    {
        if (expression?.Evaluate(scope) is not { } groups) return null;

        foreach (var group in groups) CheckName(scope, group, "ThingGroups");
        if (groups.Count > TemplateLimits.ThingGroups)
            scope.Refuse(Reasons.LimitExceeded, $"ThingGroups has {groups.Count} groups; at most {TemplateLimits.ThingGroups} are allowed.");
        return [.. groups.Distinct(StringComparer.Ordinal)];
    }

    static List<PolicyToApply> Policies(RenderScope scope, IReadOnlyList<PolicyResource> resources)
    {
        scope.InPolicy = true;
        var policies = new List<PolicyToApply>(resources.Count);
        foreach (var resource in resources)
            policies.Add(resource.Document is { } document
                ? new PolicyToApply { PolicyDocument = Document(scope, document) }
                : new PolicyToApply { PolicyName = PolicyName(scope, resource.PolicyName!) });
        scope.InPolicy = false;
        return policies;
    }

    static string? PolicyName(RenderScope scope, TextExpression expression)
    {
        if (expression is LiteralText literal) return literal.Value; // checked when the template was written
        return expression.Evaluate(scope) is { } name && CheckName(scope, name, "PolicyName") ? name : null;
    }

    static string? Document(RenderScope scope, PolicyTemplate template)
    {
        if (template.Pieces is [PolicyLiteral whole]) return whole.Json;

        var json = new StringBuilder();
        foreach (var piece in template.Pieces)
        {
            switch (piece)
            {
                case PolicyLiteral literal:
                    json.Append(literal.Json);
                    break;
                case PolicyRaw raw:
                    json.Append(raw.Json.Evaluate(scope));
                    break;
                case PolicyText text when text.Value.Evaluate(scope) is { } value && scope.MaySubstitute("A value", value):
                    json.Append(PolicyParser.Quote(value));
                    break;
                case PolicyList list when list.Values.Evaluate(scope) is { } values && values.All(value => scope.MaySubstitute("An element", value)):
                    json.Append('[').AppendJoin(',', values.Select(PolicyParser.Quote)).Append(']');
                    break;
            }
        }

        return scope.Spend(json.Length) ? json.ToString() : null;
    }

    static Dictionary<string, string> Texts(RenderScope scope, IReadOnlyDictionary<string, TextExpression> expressions)
    {
        var texts = new Dictionary<string, string>(expressions.Count, StringComparer.Ordinal);
        foreach (var (name, expression) in expressions)
            if (expression.Evaluate(scope) is { } value)
                texts[name] = value;
        return texts;
    }

    static string? Name(RenderScope scope, TextExpression? expression, string property) =>
        expression?.Evaluate(scope) is { } name && CheckName(scope, name, property) ? name : null;

    static bool CheckName(RenderScope scope, string name, string property)
    {
        if (Language.Texts.IsName(name)) return true;

        scope.Refuse(Reasons.UnsafeName, $"{property} is {Quoted.Of(name)}; a name has 1 to 128 letters, digits, ':', '_' and '-'.");
        return false;
    }
}
