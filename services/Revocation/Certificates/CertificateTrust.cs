using System.Diagnostics;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>What a decision about the trust in one certificate needs to know.</summary>
/// <param name="Reason">Why it is not trusted; null while it is.</param>
/// <param name="Since">Since when; the first revocation's time stays.</param>
/// <param name="Receipt">Where, and which change, took effect: what is told twice is recorded once.</param>
sealed record CertificateTrust(RevocationReason? Reason, DateTimeOffset? Since, IReadOnlySet<(string By, long Version)> Receipt)
    : IAggregate<CertificateTrust, RevocationEvent>
{
    static readonly HashSet<(string, long)> Nowhere = [];

    public CertificateTrust(RevocationReason? reason, DateTimeOffset? since) : this(reason, since, Nowhere)
    {
    }

    public static CertificateTrust Initial { get; } = new(null, null);

    /// <summary>True for what can name a certificate: 64 lower-case hex digits.</summary>
    public static bool IsCertificateId(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);

    public static StreamId StreamOf(string certificateId) => StreamId.Of("revocation", certificateId);

    public CertificateTrust Evolve(RevocationEvent @event) => @event switch
    {
        CertificateRevoked e => this with { Reason = e.Reason, Since = e.RevokedAt },
        RevocationReasonRaised e => this with { Reason = e.Reason },
        CertificateReinstated => this with { Reason = null, Since = null },
        ChangeTookEffect e => this with { Receipt = new HashSet<(string, long)>(Receipt) { (e.By, e.ChangeVersion) } },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
