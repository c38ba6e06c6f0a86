using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>What <see cref="ApplyProvisioning"/> would do, as things are now. Changes and records nothing. Answered by <see cref="ProvisioningRehearsed"/>.</summary>
[MessageUrn("fleet:rehearse-provisioning:v1", useDefaultPrefix: false)]
public sealed record RehearseProvisioning
{
    public required ApplyProvisioning Item { get; init; }
}

[MessageUrn("fleet:provisioning-rehearsed:v1", useDefaultPrefix: false)]
public sealed record ProvisioningRehearsed
{
    public Refused? Refused { get; init; }

    /// <summary>What would be recorded, in order, as sentences.</summary>
    public required IReadOnlyList<string> Changes { get; init; }

    /// <summary>What the certificate would be allowed; null when refused.</summary>
    public PrincipalGrant? Grant { get; init; }
}
