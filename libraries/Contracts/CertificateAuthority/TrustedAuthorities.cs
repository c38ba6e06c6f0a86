using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

// Own CAs (aws-protocol 5.1): authorities that are not this platform's, under which devices may bring certificates.
// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>Answered by <see cref="RegistrationCode"/>: drawn at the first call, the same until it is deleted.</summary>
[MessageUrn("fleet:get-registration-code:v1", useDefaultPrefix: false)]
public sealed record GetRegistrationCode
{
    public required string RequestedBy { get; init; }
}

[MessageUrn("fleet:registration-code:v1", useDefaultPrefix: false)]
public sealed record RegistrationCode
{
    /// <summary>64 lower-case hex digits.</summary>
    public required string Code { get; init; }
}

/// <summary>Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:delete-registration-code:v1", useDefaultPrefix: false)]
public sealed record DeleteRegistrationCode
{
    public required string RequestedBy { get; init; }
}

/// <summary>What happens to devices that connect for the first time under an authority.</summary>
public sealed record AuthorityRegistrationConfig
{
    /// <summary>A template of type JITP, by name; null with <see cref="TemplateBody"/>, or for registration only (JITR).</summary>
    public string? TemplateName { get; init; }

    /// <summary>The template itself.</summary>
    public string? TemplateBody { get; init; }

    /// <summary>Kept and given back; nothing here needs a role.</summary>
    public string? RoleArn { get; init; }
}

/// <summary>Answered by <see cref="TrustedAuthorityDescription"/>.</summary>
[MessageUrn("fleet:register-trusted-authority:v1", useDefaultPrefix: false)]
public sealed record RegisterTrustedAuthority
{
    public required string CaCertificatePem { get; init; }

    /// <summary>Proves the key: signed by the authority, its common name is the registration code. Absent with <see cref="CertificateMode.SniOnly"/>.</summary>
    public string? VerificationCertificatePem { get; init; }

    public required CertificateMode Mode { get; init; }
    public bool Active { get; init; }

    /// <summary>Certificates that connect for the first time are registered by themselves.</summary>
    public bool AutoRegistration { get; init; }

    public AuthorityRegistrationConfig? Config { get; init; }

    /// <summary>With a template: the first connection goes on once the device is provisioned, instead of being dropped as on AWS.</summary>
    public bool AdmitsAtFirstConnection { get; init; }

    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="TrustedAuthorityDescription"/>.</summary>
[MessageUrn("fleet:describe-trusted-authority:v1", useDefaultPrefix: false)]
public sealed record DescribeTrustedAuthority
{
    public required string CaCertificateId { get; init; }
}

/// <summary>Answered by <see cref="TrustedAuthorityDescription"/>. Null members stay as they are.</summary>
[MessageUrn("fleet:update-trusted-authority:v1", useDefaultPrefix: false)]
public sealed record UpdateTrustedAuthority
{
    public required string CaCertificateId { get; init; }
    public bool? Active { get; init; }
    public bool? AutoRegistration { get; init; }
    public AuthorityRegistrationConfig? Config { get; init; }

    /// <summary>True: auto-registration off and its config gone.</summary>
    public bool RemoveAutoRegistration { get; init; }

    public bool? AdmitsAtFirstConnection { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>; refused while it is active.</summary>
[MessageUrn("fleet:delete-trusted-authority:v1", useDefaultPrefix: false)]
public sealed record DeleteTrustedAuthority
{
    public required string CaCertificateId { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="TrustedAuthoritiesListed"/>, in order of registration.</summary>
[MessageUrn("fleet:list-trusted-authorities:v1", useDefaultPrefix: false)]
public sealed record ListTrustedAuthorities
{
    public required Page Page { get; init; }

    /// <summary>Only those that carry this template.</summary>
    public string? TemplateName { get; init; }
}

[MessageUrn("fleet:trusted-authorities-listed:v1", useDefaultPrefix: false)]
public sealed record TrustedAuthoritiesListed
{
    public required IReadOnlyList<TrustedAuthorityDescription> Items { get; init; }
    public string? Next { get; init; }
}

[MessageUrn("fleet:trusted-authority-description:v1", useDefaultPrefix: false)]
public sealed record TrustedAuthorityDescription
{
    public required string CaCertificateId { get; init; }
    public required string CertificatePem { get; init; }
    public required bool Active { get; init; }
    public required bool AutoRegistration { get; init; }
    public required CertificateMode Mode { get; init; }
    public AuthorityRegistrationConfig? Config { get; init; }
    public bool AdmitsAtFirstConnection { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastModifiedAt { get; init; }
    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>How often it was changed, from 1.</summary>
    public required int CustomerVersion { get; init; }
}

/// <summary>Asks for every active authority: what a gateway holds unknown certificates against. Answered by <see cref="TrustedAuthoritiesFound"/>.</summary>
[MessageUrn("fleet:find-trusted-authorities:v1", useDefaultPrefix: false)]
public sealed record FindTrustedAuthorities;

[MessageUrn("fleet:trusted-authorities-found:v1", useDefaultPrefix: false)]
public sealed record TrustedAuthoritiesFound
{
    public required IReadOnlyList<TrustedAuthorityDescription> Items { get; init; }
}

/// <summary>Published: what a gateway knows of authorities is old.</summary>
[MessageUrn("fleet:trusted-authorities-changed:v1", useDefaultPrefix: false)]
public sealed record TrustedAuthoritiesChanged
{
    public required IReadOnlyList<string> CaCertificateIds { get; init; }
}

/// <summary>Which active authority has signed this certificate? Answered by <see cref="CertificateIssuerFound"/>.</summary>
[MessageUrn("fleet:find-certificate-issuer:v1", useDefaultPrefix: false)]
public sealed record FindCertificateIssuer
{
    public required string CertificatePem { get; init; }

    /// <summary>The authority it should be; null: any.</summary>
    public string? CaCertificatePem { get; init; }
}

[MessageUrn("fleet:certificate-issuer-found:v1", useDefaultPrefix: false)]
public sealed record CertificateIssuerFound
{
    /// <summary>Null: an authority of this platform itself.</summary>
    public string? CaCertificateId { get; init; }

    public required CertificateMode Mode { get; init; }
}
