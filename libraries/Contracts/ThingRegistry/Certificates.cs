using MassTransit;

namespace FleetPlatform.Contracts.ThingRegistry;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Answered by <see cref="CertificateDescription"/>. Registering the same certificate twice is refused with <c>already-exists</c>.</summary>
[MessageUrn("fleet:register-certificate:v1", useDefaultPrefix: false)]
public sealed record RegisterCertificate
{
    public required string CertificatePem { get; init; }

    /// <summary>Active or Inactive.</summary>
    public required CertificateStatus Status { get; init; }

    /// <summary>For a temporary claim: the one template it may provision with; it then has the claim policy of AWS and is not listed.</summary>
    public string? ClaimForTemplate { get; init; }

    /// <summary>The registered authority it was signed under; null for one of this platform's own, and for one without an authority.</summary>
    public string? CaCertificateId { get; init; }

    public CertificateMode Mode { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="CertificateDescription"/>.</summary>
[MessageUrn("fleet:describe-certificate:v1", useDefaultPrefix: false)]
public sealed record DescribeCertificate
{
    public required string CertificateId { get; init; }
}

/// <summary>Answered by <see cref="CertificateDescription"/>. Revoked is final; revoking goes through Revocation first.</summary>
[MessageUrn("fleet:change-certificate-status:v1", useDefaultPrefix: false)]
public sealed record ChangeCertificateStatus
{
    public required string CertificateId { get; init; }
    public required CertificateStatus Status { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Statuses that change at the same time.</summary>
[MessageUrn("fleet:change-certificate-statuses:v1", useDefaultPrefix: false)]
public sealed record ChangeCertificateStatuses : IBatch<ChangeCertificateStatus>
{
    public required IReadOnlyList<ChangeCertificateStatus> Items { get; init; }
}

[MessageUrn("fleet:change-certificate-statuses-answer:v1", useDefaultPrefix: false)]
public sealed record ChangeCertificateStatusesAnswer : IBatchAnswer<ChangeCertificateStatusAnswer>
{
    public required IReadOnlyList<ChangeCertificateStatusAnswer> Items { get; init; }
}

public sealed record ChangeCertificateStatusAnswer
{
    /// <summary>Null: it has the status.</summary>
    public Refused? Refused { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:delete-certificate:v1", useDefaultPrefix: false)]
public sealed record DeleteCertificate
{
    public required string CertificateId { get; init; }

    /// <summary>True: delete although policies are attached.</summary>
    public bool Force { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="CertificatesListed"/>.</summary>
[MessageUrn("fleet:list-certificates:v1", useDefaultPrefix: false)]
public sealed record ListCertificates
{
    public required Page Page { get; init; }

    /// <summary>Only those signed under this registered authority; null for all.</summary>
    public string? CaCertificateId { get; init; }
}

[MessageUrn("fleet:certificates-listed:v1", useDefaultPrefix: false)]
public sealed record CertificatesListed
{
    public required IReadOnlyList<CertificateDescription> Items { get; init; }
    public string? Next { get; init; }
}

[MessageUrn("fleet:certificate-description:v1", useDefaultPrefix: false)]
public sealed record CertificateDescription
{
    public required string CertificateId { get; init; }
    public required CertificateStatus Status { get; init; }

    /// <summary>Empty in listings.</summary>
    public required string CertificatePem { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastModifiedAt { get; init; }
    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>How often the status or the attachments have changed, from 1.</summary>
    public required int CustomerVersion { get; init; }

    /// <summary>The registered authority it was signed under, or null.</summary>
    public string? CaCertificateId { get; init; }

    public CertificateMode Mode { get; init; }
}

/// <summary>How AWS tells accounts apart: <c>SNI_ONLY</c> certificates belong to devices that name the endpoint in TLS.</summary>
public enum CertificateMode
{
    Default = 0,
    SniOnly = 1,
}

/// <summary>
/// Records certificates that have just connected for the first time, signed under a registered authority: pending activation, unless they are
/// known already. What the gateway has checked (signature, dates, authority) is not checked again.
/// </summary>
[MessageUrn("fleet:admit-certificates:v1", useDefaultPrefix: false)]
public sealed record AdmitCertificates : IBatch<AdmitCertificate>
{
    public required IReadOnlyList<AdmitCertificate> Items { get; init; }
}

[MessageUrn("fleet:admit-certificates-answer:v1", useDefaultPrefix: false)]
public sealed record AdmitCertificatesAnswer : IBatchAnswer<AdmitCertificateAnswer>
{
    public required IReadOnlyList<AdmitCertificateAnswer> Items { get; init; }
}

public sealed record AdmitCertificate : ITraced
{
    /// <summary>In DER.</summary>
    public required byte[] Certificate { get; init; }

    /// <summary>The registered authority; null for a certificate that an operator brings without one.</summary>
    public required string? CaCertificateId { get; init; }

    public required CertificateMode Mode { get; init; }
    public string? TraceParent { get; init; }

    /// <summary>Who registers it; null: the gateway, at its first connection.</summary>
    public string? RequestedBy { get; init; }
}

public sealed record AdmitCertificateAnswer
{
    public Refused? Refused { get; init; }

    /// <summary>As registered now.</summary>
    public PrincipalGrant? Grant { get; init; }
}

/// <summary>It was done, and there is nothing more to say.</summary>
[MessageUrn("fleet:done:v1", useDefaultPrefix: false)]
public sealed record Done;
