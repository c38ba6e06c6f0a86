namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>Recorded on <c>issuance-{flowId}</c>: one request for a certificate, from intent to end.</summary>
abstract record IssuanceEvent;

/// <summary>Who made the key pair.</summary>
enum KeyOrigin
{
    /// <summary>The asker, who proved by the signature of the CSR that the private half is there.</summary>
    Requester = 0,

    /// <summary>This service; the private half went into the answer and exists nowhere else.</summary>
    Authority = 1,
}

/// <summary>What will be signed, octet for octet. Nothing is signed that is not recorded so before.</summary>
sealed record CertificatePrepared : IssuanceEvent
{
    public required string FlowId { get; init; }
    public required string SerialNumber { get; init; }
    public required string IssuerId { get; init; }

    /// <summary>Name of the profile, for example <c>device</c>.</summary>
    public required string Profile { get; init; }

    public required KeyOrigin KeyOrigin { get; init; }

    /// <summary>The part to be signed, in DER.</summary>
    public required byte[] Tbs { get; init; }

    /// <summary>Certificate id of the connection that asked, or the operator's access key id.</summary>
    public required string RequestedBy { get; init; }

    public string? SessionId { get; init; }
    public string? ClientId { get; init; }

    /// <summary>What the request calls its device; null when it has no common name, or brought no key.</summary>
    public string? CommonName { get; init; }

    public required DateTimeOffset PreparedAt { get; init; }

    /// <summary>True: for a device that an operator registers in the same flow. Null: not so.</summary>
    public bool? ForRegistration { get; init; }
}

/// <summary>It was signed; recorded together with <see cref="CertificateSigned"/>.</summary>
sealed record IssuanceCompleted : IssuanceEvent
{
    public required string CertificateId { get; init; }

    /// <summary>From the request's arrival to the signature.</summary>
    public required double DurationMilliseconds { get; init; }
}

/// <summary>It will not be signed: nobody is left who could use it.</summary>
sealed record CertificateAbandoned : IssuanceEvent
{
    public required string Reason { get; init; }
}

/// <summary>It was refused before anything was prepared.</summary>
sealed record IssuanceRefused : IssuanceEvent
{
    public required string FlowId { get; init; }

    /// <summary>One of FleetPlatform.Contracts.Reasons.</summary>
    public required string Code { get; init; }

    public required string Detail { get; init; }
    public required string RequestedBy { get; init; }
    public string? SessionId { get; init; }
    public string? ClientId { get; init; }

    /// <summary>What the request calls its device, as far as it could be read.</summary>
    public string? CommonName { get; init; }

    /// <summary>True: a device that has a thing asked, to renew; null: somebody with a claim, or an operator.</summary>
    public bool? Renews { get; init; }
}

/// <summary>Recorded on <c>certificate-{certificateId}</c>.</summary>
abstract record CertificateEvent;

/// <summary>A certificate exists.</summary>
sealed record CertificateSigned : CertificateEvent
{
    public required string CertificateId { get; init; }

    /// <summary>The certificate in DER.</summary>
    public required byte[] Certificate { get; init; }

    public required string SerialNumber { get; init; }
    public required string IssuerId { get; init; }
    public required string Profile { get; init; }
    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }
    public required DateTimeOffset SignedAt { get; init; }
    public required string FlowId { get; init; }
    public required string RequestedBy { get; init; }
    public string? SessionId { get; init; }
    public string? ClientId { get; init; }

    /// <inheritdoc cref="CertificatePrepared.ForRegistration"/>
    public bool? ForRegistration { get; init; }
}
