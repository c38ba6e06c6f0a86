using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.Revocation;

/// <summary>How orders are carried out and what a preview looks at. Section <c>Revocation</c>; every limit is in docs/limits.md.</summary>
sealed class RevocationOptions : IValidatableObject
{
    public const string Section = "Revocation";

    /// <summary>Certificates that an order changes in one transaction, 1 to 250. Default 250.</summary>
    [Range(1, 250)]
    public int OrderPage { get; init; } = 250;

    /// <summary>Orders carried out at once. Default 4.</summary>
    [Range(1, 64)]
    public int ConcurrentOrders { get; init; } = 4;

    /// <summary>How often orders are looked for that another replica recorded, or that a failure interrupted. Default 2 s.</summary>
    public TimeSpan OrderPoll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Certificates that a preview counts before it says that there are more. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int PreviewCertificates { get; init; } = 10_000;

    /// <summary>How long a preview waits for gateways to count their sessions. Default 1 s.</summary>
    public TimeSpan CountPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A gateway that has not been heard of for this long is not waited for. Default 20 s.</summary>
    public TimeSpan GatewaySilence { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Port of the plain HTTP listener for lists and OCSP, from <c>PKI_PORT</c>. Null: the service's own HTTP port answers.</summary>
    [Range(1, 65535), ConfigurationKeyName("PkiPort")]
    public int? PkiPort { get; set; }

    /// <summary>Address of that listener. Default 127.0.0.1; 0.0.0.0 or :: for a fleet.</summary>
    [Required]
    public string BindAddress { get; init; } = "127.0.0.1";

    /// <summary>From a list's thisUpdate to its nextUpdate; it is cut anew when half of it is over. 2 minutes to 10 days; default 2 days.</summary>
    public TimeSpan ListLife { get; init; } = TimeSpan.FromDays(2);

    /// <summary>The same of a list of changes. Default 2 hours.</summary>
    public TimeSpan DeltaLife { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How often is looked whether a list is due; a revocation is looked at at once. Default 5 s.</summary>
    public TimeSpan ListPoll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the authority may take to read and sign a list; one second more for every 256 KiB of it. Default 15 s.</summary>
    public TimeSpan SigningPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From an OCSP answer's thisUpdate to its nextUpdate; what is signed is served again for half of it. Default 1 hour.</summary>
    public TimeSpan OcspLife { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Signed OCSP answers that are kept to be served again. About 1 KiB each. Default 10,000.</summary>
    [Range(0, 10_000_000)]
    public int OcspAnswers { get; init; } = 10_000;

    /// <summary>How often the transparency log is brought up to date and signed. Default 5 s.</summary>
    public TimeSpan LogPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Names the transparency log for ever: a URL without scheme, 1 to 128 characters without white space or plus sign. Default <c>fleet-platform.local/certificates</c>.</summary>
    [Required, RegularExpression("^[!-*,-~]{1,128}$")]
    public string LogOrigin { get; init; } = "fleet-platform.local/certificates";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, value) in ((string, TimeSpan)[])
            [(nameof(OrderPoll), OrderPoll), (nameof(CountPatience), CountPatience), (nameof(GatewaySilence), GatewaySilence), (nameof(ListPoll), ListPoll), (nameof(SigningPatience), SigningPatience), (nameof(LogPeriod), LogPeriod)])
            if (value <= TimeSpan.Zero || value > TimeSpan.FromMinutes(10))
                yield return new($"{Section}:{name} ({value}) must be above zero and at most ten minutes.");
        foreach (var (name, value) in ((string, TimeSpan)[])[(nameof(ListLife), ListLife), (nameof(DeltaLife), DeltaLife), (nameof(OcspLife), OcspLife)])
            if (value < TimeSpan.FromMinutes(2) || value > TimeSpan.FromDays(10))
                yield return new($"{Section}:{name} ({value}) must be two minutes to ten days.");
    }
}
