using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.TemplateEngine;

/// <summary>Registers devices on an operator's word: RegisterThing over REST, a factory line, the lines of a bulk registration.</summary>
[MessageUrn("fleet:register-things:v1", useDefaultPrefix: false)]
public sealed record RegisterThings : IBatch<RegisterThing>
{
    public required IReadOnlyList<RegisterThing> Items { get; init; }
}

[MessageUrn("fleet:register-things-answer:v1", useDefaultPrefix: false)]
public sealed record RegisterThingsAnswer : IBatchAnswer<RegisterThingAnswer>
{
    public required IReadOnlyList<RegisterThingAnswer> Items { get; init; }
}

/// <summary>
/// One device. Idempotent by flow: the same item again gives the same certificate and the same answer, wherever the first attempt broke off.
/// </summary>
public sealed record RegisterThing : ITraced
{
    string? ITraced.TraceParent => Flow.TraceParent;

    /// <summary>Its principal is the operator's access key id.</summary>
    public required FlowContext Flow { get; init; }

    /// <summary>A template of type FLEET_PROVISIONING; then one of the two members below gives the certificate. Null when <see cref="TemplateBody"/> is given.</summary>
    public string? TemplateName { get; init; }

    /// <summary>A bulk template, which names the certificate itself; one that it names by its id may be given with <see cref="CertificatePem"/>.</summary>
    public string? TemplateBody { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>PKCS#10 in PEM: the authority signs a certificate.</summary>
    public string? CertificateSigningRequest { get; init; }

    /// <summary>A certificate made elsewhere, in PEM.</summary>
    public string? CertificatePem { get; init; }

    /// <summary>True: an authority that is registered here must have signed <see cref="CertificatePem"/>. Else the operator's word for it is enough.</summary>
    public bool RequireAuthority { get; init; }

    /// <summary>With <see cref="TemplateBody"/>: what becomes of the certificates that the thing has already. A named template has its own setting.</summary>
    public Reprovisioning Reprovisioning { get; init; }
}

public sealed record RegisterThingAnswer
{
    public Refused? Refused { get; init; }
    public string? CertificateId { get; init; }

    /// <summary>Null when the template named the certificate by its id.</summary>
    public string? CertificatePem { get; init; }

    public string? ThingName { get; init; }
    public IReadOnlyDictionary<string, string>? DeviceConfiguration { get; init; }

    /// <summary>What the template's resources became, in the template's order.</summary>
    public IReadOnlyList<RegisteredResource>? Resources { get; init; }
}

public sealed record RegisteredResource
{
    /// <summary>The resource's name in the template.</summary>
    public required string LogicalName { get; init; }

    public required ResourceKind Kind { get; init; }

    /// <summary>Thing name, certificate id or policy name.</summary>
    public required string Name { get; init; }
}

public enum ResourceKind
{
    Thing = 0,
    Certificate = 1,
    Policy = 2,
}
