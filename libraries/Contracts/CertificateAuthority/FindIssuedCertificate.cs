using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

/// <summary>Asks for a certificate that the authority has signed. Answered by <see cref="IssuedCertificateFound"/>, or refused with <c>not-found</c>.</summary>
[MessageUrn("fleet:find-issued-certificate:v1", useDefaultPrefix: false)]
public sealed record FindIssuedCertificate
{
    public required string CertificateId { get; init; }
}

[MessageUrn("fleet:issued-certificate-found:v1", useDefaultPrefix: false)]
public sealed record IssuedCertificateFound
{
    public required string CertificatePem { get; init; }
}
