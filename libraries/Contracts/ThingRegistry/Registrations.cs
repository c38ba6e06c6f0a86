using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>
/// How these certificates are registered now. Published after anything about them has changed; the whole registration each time, so that
/// a reader needs no history and may drop what is older than what it has.
/// </summary>
[MessageUrn("fleet:registrations-changed:v1", useDefaultPrefix: false)]
public sealed record RegistrationsChanged
{
    /// <summary>1 to 256, each certificate once. Certificates that wait for their registration are not told of.</summary>
    public required IReadOnlyList<Registration> Items { get; init; }
}

/// <summary>One registered certificate, as the registry has it.</summary>
public sealed record Registration
{
    public required string CertificateId { get; init; }

    /// <summary>Version of the principal's stream. The groups of its things may change without it.</summary>
    public required long Version { get; init; }

    /// <summary>When this was read: of two with the same version the later counts.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>Null when it is not registered any more.</summary>
    public CertificateStatus? Status { get; init; }

    /// <summary>When a template registered it; null when an operator did.</summary>
    public DateTimeOffset? RegisteredAt { get; init; }

    /// <summary>Null until the news of its issuance has come.</summary>
    public string? CertificatePem { get; init; }

    public required IReadOnlyList<RegisteredThing> Things { get; init; }

    /// <summary>The provisioning template that gave the device its first certificate; null when an operator registered it.</summary>
    public string? TemplateName { get; init; }

    /// <summary>The certificate of the same thing that it was made to replace, null for a first one.</summary>
    public string? RenewalOf { get; init; }
}

/// <summary>A thing that a certificate is attached to.</summary>
public sealed record RegisteredThing
{
    public required string ThingName { get; init; }

    /// <summary>Every group it is in, the groups around those included.</summary>
    public required IReadOnlyList<string> Groups { get; init; }
}
