using FleetPlatform.Contracts.ThingRegistry;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>A provisioning template, parsed and checked. Immutable; rendering it needs nothing else but parameters.</summary>
sealed record TemplateDocument
{
    /// <summary>Pseudo-parameter: id of the certificate that the ownership token proves.</summary>
    public const string CertificateIdParameter = "AWS::IoT::Certificate::Id";

    /// <summary>Names that only the platform gives values to.</summary>
    public const string PseudoPrefix = "AWS::";

    /// <summary>Default by parameter name; null where there is none.</summary>
    public required IReadOnlyDictionary<string, string?> Parameters { get; init; }

    /// <summary>Map, first key, second key.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> Mappings { get; init; }

    public ThingResource? Thing { get; init; }
    public CertificateResource? Certificate { get; init; }
    public required IReadOnlyList<PolicyResource> Policies { get; init; }
    public required IReadOnlyDictionary<string, TextExpression> DeviceConfiguration { get; init; }
}

sealed record ThingResource
{
    public required TextExpression ThingName { get; init; }
    public TextExpression? ThingTypeName { get; init; }
    public TextExpression? BillingGroup { get; init; }
    public ListExpression? ThingGroups { get; init; }
    public required IReadOnlyDictionary<string, TextExpression> Attributes { get; init; }
    public ResourceOverride OverrideAttributes { get; init; }
    public ResourceOverride OverrideThingType { get; init; }
    public ResourceOverride OverrideThingGroups { get; init; }
}

sealed record CertificateResource
{
    public TextExpression? Status { get; init; }
    public TextExpression? ThingPrincipalType { get; init; }
}

/// <summary>One of the two: a policy that exists, or a document.</summary>
sealed record PolicyResource(TextExpression? PolicyName, PolicyTemplate? Document);

/// <summary>A policy document: literal text with holes for what depends on the device.</summary>
sealed record PolicyTemplate(IReadOnlyList<PolicyPiece> Pieces);

/// <summary>Literal JSON, or an expression whose result stands there: as a JSON value, or inside a text that is JSON itself.</summary>
abstract record PolicyPiece;

sealed record PolicyLiteral(string Json) : PolicyPiece;

sealed record PolicyText(TextExpression Value) : PolicyPiece;

sealed record PolicyList(ListExpression Values) : PolicyPiece;

/// <summary>The whole document is the result of an expression (PolicyDocument as a string).</summary>
sealed record PolicyRaw(TextExpression Json) : PolicyPiece;
