using MassTransit;

namespace FleetPlatform.Contracts.CertificateAuthority;

/// <summary>What a certificate is for; decides its profile.</summary>
public enum CertificatePurpose
{
    /// <summary>Asked for by a device over MQTT: pending until registered, with an ownership token.</summary>
    Device = 0,

    /// <summary>Asked for by an operator over REST, for a device or a shared claim.</summary>
    Operator = 1,

    /// <summary>A trusted user's temporary claim, valid five minutes.</summary>
    TemporaryClaim = 2,

    /// <summary>Asked for by an operator for a device that is registered in the same flow: a device's certificate, without an ownership token.</summary>
    Registration = 3,
}

/// <summary>Key pairs the authority makes on request.</summary>
public enum KeyAlgorithm
{
    EcdsaP256 = 0,
    Rsa2048 = 1,
}

[MessageUrn("fleet:issue-certificates:v1", useDefaultPrefix: false)]
public sealed record IssueCertificates : IBatch<IssueCertificate>
{
    public required IReadOnlyList<IssueCertificate> Items { get; init; }
}

[MessageUrn("fleet:issue-certificates-answer:v1", useDefaultPrefix: false)]
public sealed record IssueCertificatesAnswer : IBatchAnswer<IssueCertificateAnswer>
{
    public required IReadOnlyList<IssueCertificateAnswer> Items { get; init; }
}

public sealed record IssueCertificate : ITraced
{
    string? ITraced.TraceParent => Flow.TraceParent;

    /// <summary>One flow, one certificate: its <see cref="FlowContext.FlowId"/> is new with every request that is not a repetition of one.</summary>
    public required FlowContext Flow { get; init; }
    public required CertificatePurpose Purpose { get; init; }

    /// <summary>PKCS#10 in PEM, at most 4096 characters. Null: the authority makes the key pair.</summary>
    public string? CertificateSigningRequest { get; init; }

    /// <summary>SHA-256 of the public key (SubjectPublicKeyInfo) of the asking connection's certificate, for a device that renews; otherwise null.</summary>
    public byte[]? AskersKeyHash { get; init; }

    /// <summary>Which pair to make when there is no CSR.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; }

    /// <summary>
    /// Public key (SubjectPublicKeyInfo, P-256) of the process that asks; the private key in the answer is sealed to it.
    /// Required without a CSR.
    /// </summary>
    public byte[]? SealTo { get; init; }
}

public sealed record IssueCertificateAnswer
{
    /// <summary>Set when no certificate was issued; everything else is then null.</summary>
    public Refused? Refused { get; init; }

    /// <summary>SHA-256 of the DER certificate, 64 lower-case hex digits.</summary>
    public string? CertificateId { get; init; }

    public string? CertificatePem { get; init; }

    /// <summary>Proof for RegisterThing that the asker was given this certificate. Only for <see cref="CertificatePurpose.Device"/>.</summary>
    public string? OwnershipToken { get; init; }

    /// <summary>The private key in PEM, sealed to <see cref="IssueCertificate.SealTo"/> (FleetPlatform.Pki.SealedSecret; the context is <see cref="FlowContext.FlowId"/>).</summary>
    public byte[]? SealedPrivateKey { get; init; }

    public string? PublicKeyPem { get; init; }
    public DateTimeOffset? NotAfter { get; init; }
}

/// <summary>Certificates that now exist. Published from the authority's events; ids of the events travel with the items.</summary>
[MessageUrn("fleet:certificates-issued:v1", useDefaultPrefix: false)]
public sealed record CertificatesIssued
{
    public required IReadOnlyList<IssuedCertificate> Items { get; init; }
}

public sealed record IssuedCertificate
{
    public required Guid EventId { get; init; }
    public required string CertificateId { get; init; }
    public required string CertificatePem { get; init; }
    public required CertificatePurpose Purpose { get; init; }

    /// <summary>Lower-case hex, at most 40 digits.</summary>
    public required string SerialNumber { get; init; }

    public required string IssuerId { get; init; }

    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required string FlowId { get; init; }

    /// <summary>Certificate id of the connection that asked, or the operator's access key id.</summary>
    public required string RequestedBy { get; init; }
}

/// <summary>Certificates that were refused to claims because of their keys: certified for another device, or in other hands. Published from the authority's events.</summary>
[MessageUrn("fleet:key-reuse-refused:v1", useDefaultPrefix: false)]
public sealed record KeyReuseRefused
{
    public required IReadOnlyList<RefusedKey> Items { get; init; }
}

public sealed record RefusedKey
{
    public required Guid EventId { get; init; }

    /// <summary>Certificate id of the claim.</summary>
    public required string RequestedBy { get; init; }

    public required string FlowId { get; init; }

    /// <summary>key-shared or key-compromised.</summary>
    public required string Code { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>Asks for the certificate of a TLS listener of this platform (the gateway's). Answered on <c>queue:issue-server-certificate</c>.</summary>
[MessageUrn("fleet:issue-server-certificate:v1", useDefaultPrefix: false)]
public sealed record IssueServerCertificate
{
    public required string CertificateSigningRequest { get; init; }

    /// <summary>DNS names and IP addresses for the subject alternative name, at least one.</summary>
    public required IReadOnlyList<string> Names { get; init; }
}

[MessageUrn("fleet:server-certificate-issued:v1", useDefaultPrefix: false)]
public sealed record ServerCertificateIssued
{
    public required string CertificatePem { get; init; }

    /// <summary>The issuing intermediate, then nothing: the root is what clients already have.</summary>
    public required IReadOnlyList<string> ChainPem { get; init; }

    public required string RootPem { get; init; }
}

/// <summary>Asks for the platform's own trust anchors.</summary>
[MessageUrn("fleet:get-trust-anchors:v1", useDefaultPrefix: false)]
public sealed record GetTrustAnchors;

[MessageUrn("fleet:trust-anchors:v1", useDefaultPrefix: false)]
public sealed record TrustAnchors
{
    public required string RootPem { get; init; }
    public required IReadOnlyList<string> IntermediatesPem { get; init; }
}
