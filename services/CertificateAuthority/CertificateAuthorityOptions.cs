using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.CertificateAuthority;

/// <summary>What is signed, for how long, and how much of it. Section <c>CertificateAuthority</c>.</summary>
sealed class CertificateAuthorityOptions : IValidatableObject
{
    public const string Section = "CertificateAuthority";

    /// <summary>Folder of the key files and of <c>root-ca.pem</c>; replicas share it.</summary>
    [Required]
    public string DataDirectory { get; init; } = "";

    /// <summary>Encrypts the key files; at least 12 characters.</summary>
    [Required, MinLength(12)]
    public string KeyPassphrase { get; init; } = "";

    /// <summary>User PIN of the PKCS#11 token, when an authority's key is on one.</summary>
    public string TokenPin { get; init; } = "";

    /// <summary>Folder of lists of weak and stolen keys (Debian's openssl-blacklist, SHA-256 of public keys), read at start. Default: <c>weak-keys</c> in the data directory.</summary>
    public string? WeakKeyFolder { get; init; }

    /// <summary>What profiles ask of requests: the profile's name, and its rules. A profile without rules takes every key and subject of the key policy.</summary>
    public IDictionary<string, ProfileRules> ProfileRules { get; init; } = new Dictionary<string, ProfileRules>(StringComparer.Ordinal);

    /// <summary>Lifetime of a certificate a device asked for, cut where its issuer ends. Default ten years: a device that cannot renew must outlive its warranty.</summary>
    public TimeSpan DeviceValidity { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>Lifetime of a certificate an operator asked for. Default ten years.</summary>
    public TimeSpan OperatorValidity { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>Lifetime of a trusted user's temporary claim. Default five minutes, as on AWS.</summary>
    public TimeSpan TemporaryClaimValidity { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Lifetime of a TLS listener's certificate. Default 397 days, the longest that public clients accept.</summary>
    public TimeSpan ServerValidity { get; init; } = TimeSpan.FromDays(397);

    /// <summary>Lifetime of an OCSP responder's certificate, which nobody checks for revocation. Default 7 days; the responder asks anew when half of it is over.</summary>
    public TimeSpan ResponderValidity { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Base URL, plain HTTP and at most 64 characters, under which the revocation service is reached from outside: written into every certificate.
    /// Empty: certificates do not say where their revocation can be looked up. Default empty; AppHost sets it.
    /// </summary>
    public string RevocationUrl { get; init; } = "";

    /// <summary>Into how many revocation lists the certificates of an authority are divided, 1 to 256. Default 16. Raise it as you like; certificates that exist keep theirs.</summary>
    [Range(1, 256)]
    public int RevocationShards { get; init; } = 16;

    /// <summary>How far notBefore lies in the past: devices have slow clocks. Default one hour.</summary>
    public TimeSpan BackDating { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Lifetime of the root made on first start. Default 25 years.</summary>
    public TimeSpan RootValidity { get; init; } = TimeSpan.FromDays(9131);

    /// <summary>From its making to its end: the list of a root made on first start, about the authorities below it. Its key is offline, so the list is long-lived. Default five years.</summary>
    public TimeSpan RootListValidity { get; init; } = TimeSpan.FromDays(1826);

    /// <summary>Lifetime of the issuing authority made on first start. Default 20 years.</summary>
    public TimeSpan IssuerValidity { get; init; } = TimeSpan.FromDays(7305);

    /// <summary>Certificates that one claim (or operator) may ask for, per second; twice as many at once. Default 200.</summary>
    [Range(1, 100_000)]
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>Refusals of one claim that are recorded as events, per minute; the rest is counted in a metric only. Default 60.</summary>
    [Range(0, 100_000)]
    public int RefusalsRecordedPerMinute { get; init; } = 60;

    /// <summary>RSA-2048 key pairs kept ready once somebody has asked for one, two before. Default 32; 0 makes none, and every request for one is refused.</summary>
    [Range(0, 10_000)]
    public int RsaPoolSize { get; init; } = 32;

    /// <summary>Longest wait for a key pair when the pool is empty. Default two seconds.</summary>
    public TimeSpan RsaPoolWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Age at which a certificate that was prepared and not signed is taken up again. Default one minute, longer than any request lives.</summary>
    public TimeSpan FinishAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time between two searches for such certificates. Default one minute.</summary>
    public TimeSpan FinishPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>True lets a device renew with the key it has. Default false: a rotation that keeps the key protects nothing.</summary>
    public bool AllowKeyReuse { get; init; }

    /// <summary>True certifies a key that is in another certificate already. Default false: a key that several devices have is lost with the first of them.</summary>
    public bool AllowSharedKeys { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (IssuerValidity > RootValidity)
            yield return new($"{Section}:{nameof(IssuerValidity)} ({IssuerValidity}) must not exceed {nameof(RootValidity)} ({RootValidity}).");
        foreach (var (name, value) in ((string, TimeSpan)[])
            [
                (nameof(DeviceValidity), DeviceValidity), (nameof(OperatorValidity), OperatorValidity), (nameof(ServerValidity), ServerValidity),
                (nameof(TemporaryClaimValidity), TemporaryClaimValidity), (nameof(FinishAfter), FinishAfter), (nameof(FinishPeriod), FinishPeriod),
                (nameof(RootListValidity), RootListValidity),
            ])
            if (value <= TimeSpan.Zero) yield return new($"{Section}:{name} ({value}) must be positive.");
        if (RevocationUrl.Length > 0 && (RevocationUrl.Length > Pki.RevocationPoints.MaximumBaseUrl || RevocationUrl.EndsWith('/')
            || !Uri.TryCreate(RevocationUrl, UriKind.Absolute, out var url) || url.Scheme != "http"))
            yield return new($"{Section}:{nameof(RevocationUrl)} must be an http:// address without a slash at its end, of at most {Pki.RevocationPoints.MaximumBaseUrl} characters.");
        if (ResponderValidity < TimeSpan.FromHours(1)) yield return new($"{Section}:{nameof(ResponderValidity)} ({ResponderValidity}) must be at least an hour.");
        foreach (var (name, rules) in ProfileRules)
        {
            if (!CertificateProfiles.All.Contains(name)) yield return new($"{Section}:{nameof(ProfileRules)}:{name}: profiles are {string.Join(", ", CertificateProfiles.All)}.");
            foreach (var fault in rules.Faults()) yield return new($"{Section}:{nameof(ProfileRules)}:{name}: {fault}");
        }

        if (BackDating < TimeSpan.Zero) yield return new($"{Section}:{nameof(BackDating)} ({BackDating}) must not be negative.");
    }
}

/// <summary>The key of ownership tokens, shared with TemplateEngine. Section <c>OwnershipToken</c>.</summary>
sealed class OwnershipTokenOptions : IValidatableObject
{
    public const string Section = "OwnershipToken";

    /// <summary>At least 32 bytes, base64.</summary>
    [Required]
    public string Key { get; init; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        Span<byte> octets = stackalloc byte[256];
        if (!Convert.TryFromBase64String(Key, octets, out var length) || length < Pki.OwnershipToken.MinimumKeyBytes)
            yield return new($"{Section}:{nameof(Key)} must be at least {Pki.OwnershipToken.MinimumKeyBytes} bytes in base64.");
    }
}
