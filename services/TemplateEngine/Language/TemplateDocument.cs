using FleetPlatform.Contracts.ThingRegistry;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>A provisioning template, parsed and checked. Immutable; rendering it needs nothing else but parameters.</summary>
sealed record TemplateDocument
{
    public required TemplateKind Kind { get; init; }

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
    /// <summary>The name that the template gives the resource.</summary>
    public string LogicalName { get; init; } = "";

    public required TextExpression ThingName { get; init; }
    public TextExpression? ThingTypeName { get; init; }
    public TextExpression? BillingGroup { get; init; }
    public ListExpression? ThingGroups { get; init; }

    /// <summary>Null when the template has no AttributePayload, which is not the same as an empty one: REPLACE with that clears.</summary>
    public IReadOnlyDictionary<string, TextExpression>? Attributes { get; init; }

    public ResourceOverride OverrideAttributes { get; init; }
    public ResourceOverride OverrideThingType { get; init; }
    public ResourceOverride OverrideThingGroups { get; init; }
}

/// <summary>Exactly one of the first three names the certificate; CertificateId is the only way for fleet and JITP templates.</summary>
sealed record CertificateResource
{
    /// <inheritdoc cref="ThingResource.LogicalName"/>
    public string LogicalName { get; init; } = "";

    public TextExpression? CertificateId { get; init; }
    public TextExpression? SigningRequest { get; init; }
    public TextExpression? CertificatePem { get; init; }

    /// <summary>With CertificatePem, where several authorities have one subject.</summary>
    public TextExpression? AuthorityPem { get; init; }

    public TextExpression? Status { get; init; }
    public TextExpression? ThingPrincipalType { get; init; }

    /// <summary>For a certificate that is registered already. That of a claim never is.</summary>
    public ResourceOverride OverrideStatus { get; init; }
}

/// <summary>One of the two: a policy that exists, or a document.</summary>
sealed record PolicyResource(string LogicalName, TextExpression? PolicyName, PolicyTemplate? Document);

/// <summary>A policy document: literal text with holes for what depends on the device.</summary>
sealed record PolicyTemplate(IReadOnlyList<PolicyPiece> Pieces);

/// <summary>Literal JSON, or an expression whose result stands there: as a JSON value, or inside a text that is JSON itself.</summary>
abstract record PolicyPiece;

sealed record PolicyLiteral(string Json) : PolicyPiece;

sealed record PolicyText(TextExpression Value) : PolicyPiece;

sealed record PolicyList(ListExpression Values) : PolicyPiece;

/// <summary>The whole document is the result of an expression (PolicyDocument as a string).</summary>
sealed record PolicyRaw(TextExpression Json) : PolicyPiece;
