using FleetPlatform.Contracts.Revocation;
using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>
/// Pages through registered certificates by thing, group, template or public key (of certificates that were registered, not issued here),
/// or looks at those named. Answered by <see cref="CertificatesSelected"/>.
/// </summary>
[MessageUrn("fleet:select-certificates:v1", useDefaultPrefix: false)]
public sealed record SelectCertificates
{
    /// <summary>Null: the certificates of <see cref="CertificateIds"/>.</summary>
    public CertificateSelector? Selector { get; init; }

    /// <summary>At most 250.</summary>
    public IReadOnlyList<string> CertificateIds { get; init; } = [];

    /// <summary>The Next of the page before; null for the first.</summary>
    public string? After { get; init; }

    /// <summary>1 to 250.</summary>
    public int Limit { get; init; } = 250;
}

[MessageUrn("fleet:certificates-selected:v1", useDefaultPrefix: false)]
public sealed record CertificatesSelected
{
    /// <summary>May be empty although more follow: a page also ends where it has looked long enough.</summary>
    public required IReadOnlyList<SelectedCertificate> Items { get; init; }

    public string? Next { get; init; }
}

public sealed record SelectedCertificate
{
    public required string CertificateId { get; init; }
    public required IReadOnlyList<string> ThingNames { get; init; }
}
