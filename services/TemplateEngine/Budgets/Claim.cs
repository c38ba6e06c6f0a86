using System.Collections.Immutable;
using System.Diagnostics;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Pki;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>What was decided about a claim certificate, and what looked wrong with it. Stream <c>claim-{certificateId}</c>.</summary>
abstract record ClaimEvent;

/// <summary>All limits as they are from now on; null: none.</summary>
sealed record ClaimLimited(
    long? MaximumRegistrations, int? RegistrationsPerMinute, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, string SerialParameter,
    string ChangedBy, DateTimeOffset At) : ClaimEvent;

sealed record ClaimStatusChanged(ClaimStatus Status, string? Reason, string ChangedBy, DateTimeOffset At) : ClaimEvent;

/// <summary>These serial numbers may register as well.</summary>
sealed record SerialsAllowed(IReadOnlyList<string> Serials, string AllowedBy, DateTimeOffset At) : ClaimEvent;

/// <summary>Something a stolen claim does. Nothing is refused because of it alone.</summary>
/// <param name="Signal">serial-reuse, key-reuse or velocity.</param>
/// <param name="FlowId">The last of the flows that it was seen in.</param>
/// <param name="CertificateId">Which that flow was to register; null where none was given out.</param>
/// <param name="Times">How often it was seen at once.</param>
sealed record AbuseSuspected(string Signal, string Detail, string FlowId, string? CertificateId, DateTimeOffset At, long Times = 1) : ClaimEvent
{
    public const string SerialReuse = "serial-reuse";
    public const string KeyReuse = "key-reuse";
    public const string Velocity = "velocity";
}

/// <summary>What decisions about a claim need to know.</summary>
sealed record Claim : IAggregate<Claim, ClaimEvent>
{
    public const string UsualSerialParameter = "SerialNumber";

    public static Claim Initial { get; } = new();

    /// <summary>True once anything was said about it.</summary>
    public bool IsManaged { get; init; }

    public ClaimStatus Status { get; init; }
    public long? MaximumRegistrations { get; init; }
    public int? RegistrationsPerMinute { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? NotAfter { get; init; }
    public string SerialParameter { get; init; } = UsualSerialParameter;

    /// <summary>The flow in which each signal was seen last.</summary>
    public ImmutableDictionary<string, string> LastSuspected { get; init; } = ImmutableDictionary<string, string>.Empty;

    public Claim Evolve(ClaimEvent @event) => @event switch
    {
        ClaimLimited e => this with
        {
            IsManaged = true,
            MaximumRegistrations = e.MaximumRegistrations,
            RegistrationsPerMinute = e.RegistrationsPerMinute,
            NotBefore = e.NotBefore,
            NotAfter = e.NotAfter,
            SerialParameter = e.SerialParameter,
        },
        ClaimStatusChanged e => this with { IsManaged = true, Status = e.Status },
        SerialsAllowed => this with { IsManaged = true },
        AbuseSuspected e => this with { LastSuspected = LastSuspected.SetItem(e.Signal, e.FlowId) },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static StreamId Stream(string claimId) => StreamId.Of("claim", claimId);

    public static Refusal? RefuseId(string claimId) => CertificateId.IsWellFormed(claimId)
        ? null
        : new(Reasons.InvalidRequest.Code, "A claim is named by its certificate id: 64 lower-case hex digits.");
}
