using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.TemplateEngine;

/// <summary>RegisterThing of the AWS provisioning API, for what arrived in the same instant.</summary>
[MessageUrn("fleet:provision-things:v1", useDefaultPrefix: false)]
public sealed record ProvisionThings : IBatch<ProvisionThing>
{
    public required IReadOnlyList<ProvisionThing> Items { get; init; }
}

[MessageUrn("fleet:provision-things-answer:v1", useDefaultPrefix: false)]
public sealed record ProvisionThingsAnswer : IBatchAnswer<ProvisionThingAnswer>
{
    public required IReadOnlyList<ProvisionThingAnswer> Items { get; init; }
}

public sealed record ProvisionThing : ITraced
{
    string? ITraced.TraceParent => Flow.TraceParent;

    /// <summary>The asking connection. The flow that counts is the one inside the ownership token, once that has verified.</summary>
    public required FlowContext Flow { get; init; }

    public required string TemplateName { get; init; }

    /// <summary>As the device sent it; empty when it sent none.</summary>
    public required string OwnershipToken { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }
}

public sealed record ProvisionThingAnswer
{
    public Refused? Refused { get; init; }

    /// <summary>
    /// True: nothing has been decided, because the template has a hook and others of the batch shall not wait for it. Ask again with
    /// <see cref="ProvisionHookedThing"/>.
    /// </summary>
    public bool AskHooked { get; init; }

    /// <summary>Null when the template has no thing.</summary>
    public string? ThingName { get; init; }

    public IReadOnlyDictionary<string, string>? DeviceConfiguration { get; init; }

    /// <summary>What the new certificate may do, so that the gateway needs no look-up when the device reconnects.</summary>
    public PrincipalGrant? Grant { get; init; }
}

/// <summary>The same for one device whose template has a pre-provisioning hook, which may take seconds. Answered by <see cref="HookedThingProvisioned"/>.</summary>
[MessageUrn("fleet:provision-hooked-thing:v1", useDefaultPrefix: false)]
public sealed record ProvisionHookedThing
{
    public required ProvisionThing Item { get; init; }
}

[MessageUrn("fleet:hooked-thing-provisioned:v1", useDefaultPrefix: false)]
public sealed record HookedThingProvisioned
{
    public required ProvisionThingAnswer Answer { get; init; }
}

/// <summary>Just-in-time provisioning: certificates that have connected for the first time, under an authority that carries a template.</summary>
[MessageUrn("fleet:provision-certificates:v1", useDefaultPrefix: false)]
public sealed record ProvisionCertificates : IBatch<ProvisionCertificate>
{
    public required IReadOnlyList<ProvisionCertificate> Items { get; init; }
}

[MessageUrn("fleet:provision-certificates-answer:v1", useDefaultPrefix: false)]
public sealed record ProvisionCertificatesAnswer : IBatchAnswer<ProvisionThingAnswer>
{
    public required IReadOnlyList<ProvisionThingAnswer> Items { get; init; }
}

/// <summary>Parameters are the attributes of the certificate's subject and its id, and nothing else. Answered by <see cref="ProvisionThingAnswer"/>.</summary>
public sealed record ProvisionCertificate : ITraced
{
    string? ITraced.TraceParent => Flow.TraceParent;

    /// <summary>The connection; its flow is new with every attempt.</summary>
    public required FlowContext Flow { get; init; }

    /// <summary>In DER.</summary>
    public required byte[] Certificate { get; init; }

    public required string CaCertificateId { get; init; }

    /// <summary>A template of type JITP; null when <see cref="TemplateBody"/> is given.</summary>
    public string? TemplateName { get; init; }

    public string? TemplateBody { get; init; }
}
