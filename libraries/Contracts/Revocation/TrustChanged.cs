using MassTransit;

namespace FleetPlatform.Contracts.Revocation;

/// <summary>Published at once: every gateway closes the certificates' sessions, the registry follows. Each answers <see cref="TrustChangeApplied"/>.</summary>
[MessageUrn("fleet:trust-changed:v1", useDefaultPrefix: false)]
public sealed record TrustChanged
{
    /// <summary>At most 256, in the order in which they were recorded.</summary>
    public required IReadOnlyList<CertificateTrustChange> Items { get; init; }
}

public sealed record CertificateTrustChange
{
    public required string CertificateId { get; init; }

    /// <summary>Version of the certificate's revocation stream: a change with a lower one than is known is old news.</summary>
    public required long Version { get; init; }

    /// <summary>Why it is not trusted; null: a hold was lifted and it is trusted again.</summary>
    public RevocationReason? Reason { get; init; }

    /// <summary>Since when it is not trusted, or is again.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Published by whoever has put changes into effect. At least once; the first report of a place counts.</summary>
[MessageUrn("fleet:trust-change-applied:v1", useDefaultPrefix: false)]
public sealed record TrustChangeApplied
{
    /// <summary>The place: <c>thing-registry</c>, <c>ocsp</c>, or <c>mqtt-gateway/{name}</c>.</summary>
    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }
    public required IReadOnlyList<AppliedTrustChange> Items { get; init; }
}

public sealed record AppliedTrustChange
{
    public required string CertificateId { get; init; }
    public required long Version { get; init; }

    /// <summary>Live sessions that were closed there.</summary>
    public int SessionsClosed { get; init; }
}

/// <summary>
/// Asks for all that is not trusted, for a gateway that has just started or was cut off. Answered by <see cref="UntrustedListed"/>.
/// </summary>
[MessageUrn("fleet:list-untrusted:v1", useDefaultPrefix: false)]
public sealed record ListUntrusted
{
    /// <summary>The <see cref="UntrustedListed.Position"/> of the page before; 0 for everything.</summary>
    public required long After { get; init; }
}

[MessageUrn("fleet:untrusted-listed:v1", useDefaultPrefix: false)]
public sealed record UntrustedListed
{
    /// <summary>At most 1,000 changes, each certificate's last, in order of position.</summary>
    public required IReadOnlyList<CertificateTrustChange> Items { get; init; }

    /// <summary>Where the next page begins.</summary>
    public required long Position { get; init; }

    /// <summary>False: nothing follows now.</summary>
    public required bool More { get; init; }
}

/// <summary>Published every few seconds by each gateway, so that a receipt can say which of them has not answered.</summary>
[MessageUrn("fleet:gateway-present:v1", useDefaultPrefix: false)]
public sealed record GatewayPresent
{
    public required string GatewayName { get; init; }
}

/// <summary>Published to ask every gateway how many live sessions certificates have. Answered by one <see cref="SessionsCounted"/> each.</summary>
[MessageUrn("fleet:count-sessions:v1", useDefaultPrefix: false)]
public sealed record CountSessions
{
    public required Guid QuestionId { get; init; }

    /// <summary>At most 250.</summary>
    public required IReadOnlyList<string> CertificateIds { get; init; }
}

[MessageUrn("fleet:sessions-counted:v1", useDefaultPrefix: false)]
public sealed record SessionsCounted
{
    public required Guid QuestionId { get; init; }
    public required string GatewayName { get; init; }
    public required int LiveSessions { get; init; }
}
