using MassTransit;

namespace FleetPlatform.Contracts.Revocation;

/// <summary>By what certificates are selected.</summary>
public enum SelectorKind
{
    /// <summary>One certificate id.</summary>
    Certificate = 0,

    /// <summary>Certificates attached to a thing.</summary>
    Thing = 1,

    /// <summary>Certificates of the things in a thing group and the groups below it.</summary>
    Group = 2,

    /// <summary>Everything that was issued on connections with a claim certificate; the claim itself is not among it.</summary>
    Claim = 3,

    /// <summary>Everything an issuer of this platform has signed; or, by the certificate id of a registered CA, everything that came under that.</summary>
    Issuer = 4,

    /// <summary>Everything a provisioning template registered; with a version, that version alone.</summary>
    Template = 5,

    /// <summary>Every certificate on a public key: SHA-256 of its SubjectPublicKeyInfo, 64 lower-case hex digits.</summary>
    PublicKey = 6,
}

/// <summary>Which certificates.</summary>
public sealed record CertificateSelector
{
    public required SelectorKind Kind { get; init; }
    public required string Value { get; init; }

    /// <summary>Of a template; null for all its versions.</summary>
    public int? Version { get; init; }
}

/// <summary>What is done with each certificate selected.</summary>
public enum TrustAction
{
    /// <summary>Final.</summary>
    Revoke = 0,

    /// <summary>certificateHold: until it is reinstated.</summary>
    Suspend = 1,

    /// <summary>Lifts a hold. A revocation cannot be lifted.</summary>
    Reinstate = 2,

    /// <summary>Status INACTIVE and nothing else: the softest step, no list and no OCSP responder speaks of it.</summary>
    Quarantine = 3,
}

/// <summary>Answered by <see cref="RevocationOrderDescription"/> as soon as the order is recorded. The same order id again describes the order there is.</summary>
[MessageUrn("fleet:place-revocation-order:v1", useDefaultPrefix: false)]
public sealed record PlaceRevocationOrder
{
    /// <summary>1 to 64 of the characters a-z A-Z 0-9 _ -; the asker's, so that asking again is safe.</summary>
    public required string OrderId { get; init; }

    public required CertificateSelector Selector { get; init; }
    public required TrustAction Action { get; init; }

    /// <summary>Of a revocation.</summary>
    public RevocationReason Reason { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="RevocationOrderDescription"/>.</summary>
[MessageUrn("fleet:describe-revocation-order:v1", useDefaultPrefix: false)]
public sealed record DescribeRevocationOrder
{
    public required string OrderId { get; init; }
}

[MessageUrn("fleet:revocation-order-description:v1", useDefaultPrefix: false)]
public sealed record RevocationOrderDescription
{
    public required string OrderId { get; init; }
    public required CertificateSelector Selector { get; init; }
    public required TrustAction Action { get; init; }
    public required RevocationReason Reason { get; init; }
    public required string RequestedBy { get; init; }
    public required DateTimeOffset PlacedAt { get; init; }

    /// <summary>Null while it is carried out.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Certificates selected so far.</summary>
    public required long Selected { get; init; }

    /// <summary>Of those, what this order changed.</summary>
    public required long Changed { get; init; }

    /// <summary>Of those, what was so already.</summary>
    public required long Unchanged { get; init; }

    /// <summary>Of those, what cannot be changed so: a revoked certificate cannot be reinstated, a deleted one not be quarantined.</summary>
    public required long Refused { get; init; }

    /// <summary>Where the changes took effect.</summary>
    public required IReadOnlyList<PlaceOfEffect> Receipt { get; init; }
}

/// <summary>One line of a receipt.</summary>
public sealed record PlaceOfEffect
{
    /// <summary><c>thing-registry</c>, <c>mqtt-gateway/{name}</c>, <c>crl</c> or <c>ocsp</c>.</summary>
    public required string Place { get; init; }

    /// <summary>Certificates for which the change is in effect there.</summary>
    public required long Certificates { get; init; }

    /// <summary>When the last of them was; null while there is none.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Live sessions that were closed there.</summary>
    public required long SessionsClosed { get; init; }

    /// <summary>True when it is in effect there for every certificate changed.</summary>
    public required bool Complete { get; init; }
}

/// <summary>What an order would do. Answered by <see cref="RevocationPreview"/>; nothing is recorded.</summary>
[MessageUrn("fleet:preview-revocation:v1", useDefaultPrefix: false)]
public sealed record PreviewRevocation
{
    public required CertificateSelector Selector { get; init; }
}

[MessageUrn("fleet:revocation-preview:v1", useDefaultPrefix: false)]
public sealed record RevocationPreview
{
    /// <summary>Certificates selected.</summary>
    public required long Certificates { get; init; }

    /// <summary>Of those, revoked or on hold already.</summary>
    public required long Untrusted { get; init; }

    /// <summary>Names of the things they are attached to, at most 1,000, in the order found.</summary>
    public required IReadOnlyList<string> Things { get; init; }

    /// <summary>Live sessions on all gateways that answered.</summary>
    public required long LiveSessions { get; init; }

    /// <summary>Gateways that are there and did not answer in time.</summary>
    public required IReadOnlyList<string> SilentGateways { get; init; }

    /// <summary>True: there are more certificates than a preview counts.</summary>
    public required bool Truncated { get; init; }
}

/// <summary>Whether a certificate is trusted. Answered by <see cref="CertificateTrustDescription"/>.</summary>
[MessageUrn("fleet:describe-certificate-trust:v1", useDefaultPrefix: false)]
public sealed record DescribeCertificateTrust
{
    public required string CertificateId { get; init; }
}

[MessageUrn("fleet:certificate-trust-description:v1", useDefaultPrefix: false)]
public sealed record CertificateTrustDescription
{
    public required string CertificateId { get; init; }

    /// <summary>Null while it is trusted.</summary>
    public RevocationReason? Reason { get; init; }

    public DateTimeOffset? Since { get; init; }
    public string? RequestedBy { get; init; }

    /// <summary>Where its last change took effect; empty for a certificate that was always trusted.</summary>
    public required IReadOnlyList<PlaceOfEffect> Receipt { get; init; }
}
