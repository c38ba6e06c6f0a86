using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki;

/// <summary>What certificates of one kind may do, and for how long. All that a certificate says beside its subject and key comes from here.</summary>
public sealed record CertificateProfile
{
    /// <summary>What the kind is called in events and messages.</summary>
    public required string Name { get; init; }

    /// <summary>From the instant of issuance to notAfter.</summary>
    public required TimeSpan Validity { get; init; }

    /// <summary>How far notBefore lies before the instant of issuance: devices have slow clocks. Default one hour, as Let's Encrypt has it.</summary>
    public TimeSpan BackDating { get; init; } = TimeSpan.FromHours(1);

    /// <summary>keyUsage for EC keys (RFC 5280 §4.2.1.3).</summary>
    public required X509KeyUsageFlags EcKeyUsage { get; init; }

    /// <summary>keyUsage for RSA keys: the same, with keyEncipherment for TLS 1.2's RSA key exchange where the profile allows it.</summary>
    public required X509KeyUsageFlags RsaKeyUsage { get; init; }

    /// <summary>Purposes, dotted. Empty: the extension is left out.</summary>
    public IReadOnlyList<string> ExtendedKeyUsages { get; init; } = [];

    /// <summary>basicConstraints cA.</summary>
    public bool IsAuthority { get; init; }

    /// <summary>pathLenConstraint of an authority; null leaves it out.</summary>
    public int? PathLength { get; init; }

    /// <summary>True: a subject key identifier is written. Authorities must have one (§4.2.1.2); a device's reply packet is short of room.</summary>
    public bool HasSubjectKeyIdentifier { get; init; }

    /// <summary>True: nobody need ask whether it is revoked (id-pkix-ocsp-nocheck): a responder's own certificate, which lives for days only.</summary>
    public bool HasNoRevocationCheck { get; init; }

    /// <summary>True: where its revocation can be looked up is written into it, when the deployment publishes that.</summary>
    public bool NamesRevocationPoints { get; init; }

    /// <summary>True: DNS names and IP addresses are required. False: they are refused.</summary>
    public bool HasAlternativeNames { get; init; }

    /// <summary>Of an authority: which names may stand below it; null leaves the extension out.</summary>
    public NameConstraints? NameConstraints { get; init; }

    /// <summary>Of an authority: where the list is on which it would be; null leaves the extension out.</summary>
    public string? RevocationListUrl { get; init; }

    /// <summary>The keyUsage for a key.</summary>
    public X509KeyUsageFlags KeyUsageOf(PublicKeyAlgorithm algorithm) => algorithm == PublicKeyAlgorithm.Rsa ? RsaKeyUsage : EcKeyUsage;

    /// <summary>A device, or a claim: authenticates a TLS client and nothing else.</summary>
    public static CertificateProfile Client(string name, TimeSpan validity, TimeSpan backDating) => new()
    {
        Name = name,
        Validity = validity,
        BackDating = backDating,
        EcKeyUsage = X509KeyUsageFlags.DigitalSignature,
        RsaKeyUsage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment,
        ExtendedKeyUsages = [Oids.ClientAuthentication],
        NamesRevocationPoints = true,
    };

    /// <summary>A delegated OCSP responder (RFC 6960 §4.2.2.2): signs answers about its issuer's certificates, and nothing else.</summary>
    public static CertificateProfile Responder(TimeSpan validity, TimeSpan backDating) => Client("ocsp-responder", validity, backDating) with
    {
        RsaKeyUsage = X509KeyUsageFlags.DigitalSignature,
        ExtendedKeyUsages = [Oids.OcspSigning],
        HasNoRevocationCheck = true,
        HasSubjectKeyIdentifier = true,
        NamesRevocationPoints = false,
    };

    /// <summary>A TLS listener of the platform.</summary>
    public static CertificateProfile Server(TimeSpan validity, TimeSpan backDating) => Client("server", validity, backDating) with
    {
        ExtendedKeyUsages = [Oids.ServerAuthentication],
        NamesRevocationPoints = false, // lists and OCSP are about clients
        HasAlternativeNames = true,
        HasSubjectKeyIdentifier = true,
    };

    /// <summary>An authority that signs certificates and revocation lists.</summary>
    /// <param name="name">Name of the profile.</param>
    /// <param name="validity">Its lifetime.</param>
    /// <param name="pathLength">How many authorities may follow below it; null for a root.</param>
    public static CertificateProfile Authority(string name, TimeSpan validity, int? pathLength) => new()
    {
        Name = name,
        Validity = validity,
        EcKeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature,
        RsaKeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature,
        IsAuthority = true,
        PathLength = pathLength,
        HasSubjectKeyIdentifier = true,
    };
}
