using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.RotationScheduler;

// Requests of the control plane. Each is answered by the record named in its summary, or by Refused.

/// <summary>When and how certificates are renewed: those of one group, of one template, or all that no other policy is for.</summary>
public sealed record RenewalPolicy
{
    /// <summary><c>default</c>, <c>group/NAME</c> or <c>template/NAME</c>. A group's policy outranks a template's, and that the default.</summary>
    public required string Scope { get; init; }

    /// <summary>Renew this many days before expiry, 1 to 3650. Default 30.</summary>
    public int DaysBefore { get; init; } = 30;

    /// <summary>Renew at this share of the lifetime instead, 0.1 to 0.95, for example 0.667; null: <see cref="DaysBefore"/> counts.</summary>
    public double? LifetimeShare { get; init; }

    /// <summary>Share of the validity over which renewals are spread, 0.05 to 0.5. Default 0.05.</summary>
    public double Jitter { get; init; } = 0.05;

    /// <summary>When rotations may begin, in UTC, for example <c>Sat,Sun 02:00-05:00</c> or <c>22:00-04:00</c>; at most 16. None: always.</summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>Rotations begun per minute, 1 to 100,000. Default 60.</summary>
    public int PerMinute { get; init; } = 60;

    /// <summary>How long a command waits for a new certificate that is proven, 10 seconds to 30 days. Default 1 hour.</summary>
    public int AnswerSeconds { get; init; } = 3600;

    /// <summary>How often it is tried before the rotation has failed, 1 to 20. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Pause after the first failed attempt; doubled with each, at most one day. 1 second to one day, default 15 minutes.</summary>
    public int BackOffSeconds { get; init; } = 900;

    /// <summary>How long the old certificate works beside the proven one, 0 to 14 days. Default 7 days.</summary>
    public int OverlapSeconds { get; init; } = 7 * 86400;

    /// <summary>How long after that the old certificate, INACTIVE by then, is revoked: 0 to 14 days; null: never. Default one day.</summary>
    public int? RevokeAfterSeconds { get; init; } = 86400;

    /// <summary>How long after its end a certificate may still be used to renew, and for nothing else: 0 to 366 days. Default 0, not at all.</summary>
    public int GraceDays { get; init; }

    /// <summary>
    /// True: the platform makes the new pair and sends it to the device, private key included, for firmware that cannot make one.
    /// Default false: a key that travels can be had on the way.
    /// </summary>
    public bool PushKeys { get; init; }
}

/// <summary>Creates or replaces the policy of a scope. Answered by <see cref="Done"/>.</summary>
[MessageUrn("fleet:put-renewal-policy:v1", useDefaultPrefix: false)]
public sealed record PutRenewalPolicy
{
    public required RenewalPolicy Policy { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="Done"/>; certificates of the scope fall to the next policy that is for them.</summary>
[MessageUrn("fleet:delete-renewal-policy:v1", useDefaultPrefix: false)]
public sealed record DeleteRenewalPolicy
{
    public required string Scope { get; init; }
    public required string RequestedBy { get; init; }
}

/// <summary>Answered by <see cref="RenewalPoliciesListed"/>.</summary>
[MessageUrn("fleet:list-renewal-policies:v1", useDefaultPrefix: false)]
public sealed record ListRenewalPolicies;

[MessageUrn("fleet:renewal-policies-listed:v1", useDefaultPrefix: false)]
public sealed record RenewalPoliciesListed
{
    public required IReadOnlyList<RenewalPolicy> Items { get; init; }
}

/// <summary>What expires when. Answered by <see cref="RotationForecast"/>.</summary>
[MessageUrn("fleet:get-rotation-forecast:v1", useDefaultPrefix: false)]
public sealed record GetRotationForecast
{
    /// <summary><c>week</c>, <c>issuer</c>, <c>group</c> or <c>template</c>.</summary>
    public string By { get; init; } = "week";

    /// <summary>How far to look by week, 1 to 1,100. Default 52.</summary>
    public int Weeks { get; init; } = 52;
}

[MessageUrn("fleet:rotation-forecast:v1", useDefaultPrefix: false)]
public sealed record RotationForecast
{
    /// <summary>By week in order of time, otherwise by the number of certificates; at most 1,200.</summary>
    public required IReadOnlyList<ForecastRow> Rows { get; init; }

    /// <summary>Active certificates of things, in all.</summary>
    public required long Certificates { get; init; }

    /// <summary>Of those: how many no renewal policy is for. They expire unless a device renews by itself.</summary>
    public required long WithoutPolicy { get; init; }
}

/// <summary>Active certificates of things.</summary>
public sealed record ForecastRow
{
    /// <summary>First day of the week (ISO, UTC), or the issuer, group or template; empty for none.</summary>
    public required string Key { get; init; }

    public required long Certificates { get; init; }

    /// <summary>Expired already, and still active.</summary>
    public required long Expired { get; init; }

    public required long Within7Days { get; init; }
    public required long Within30Days { get; init; }
    public required long Within60Days { get; init; }
    public DateTimeOffset? FirstExpiry { get; init; }
}
