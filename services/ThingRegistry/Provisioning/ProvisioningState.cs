using System.Diagnostics;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>What a decision about one provisioning needs to know.</summary>
/// <param name="Thing">The thing the template names; <c>Initial</c> when it names none.</param>
/// <param name="Policies">Rows of the policies named, and of those that documents would be named; deleted ones included.</param>
/// <param name="ThingTypes">Which of the types named exist and are not deprecated.</param>
/// <param name="BillingGroups">Which of the billing groups named exist.</param>
/// <param name="GroupPaths">Paths of the groups that exist, of those named and of those the thing is in.</param>
sealed record ProvisioningState(
    Thing Thing,
    long ThingVersion,
    Principal Principal,
    long PrincipalVersion,
    IReadOnlyDictionary<string, PolicyRow> Policies,
    IReadOnlySet<string> ThingTypes,
    IReadOnlySet<string> BillingGroups,
    IReadOnlyDictionary<string, string[]> GroupPaths)
{
    /// <summary>The certificates that the thing has already, when the template says to replace them.</summary>
    public IReadOnlyDictionary<string, Fetched<Principal>> Old { get; init; } = new Dictionary<string, Fetched<Principal>>();

    /// <summary>The certificate of the connection that asks, when that belongs to a thing; null for a claim.</summary>
    public Fetched<ProvisionedStream>? Asker { get; init; }
}

/// <summary>A policy as the read table has it.</summary>
/// <param name="Version">Version of its stream.</param>
/// <param name="Document">Of the default version.</param>
sealed record PolicyRow(string Name, int Incarnation, long Version, int DefaultVersion, string Document, bool Deleted);

/// <summary>A stream of either kind that provisioning writes to, so that both are read in one round trip.</summary>
sealed record ProvisionedStream(Thing Thing, Principal Principal) : IAggregate<ProvisionedStream, RegistryEvent>
{
    public static ProvisionedStream Initial { get; } = new(Thing.Initial, Principal.Initial);

    public ProvisionedStream Evolve(RegistryEvent @event) => @event switch
    {
        ThingEvent e => this with { Thing = Thing.Evolve(e) },
        PrincipalEvent e => this with { Principal = Principal.Evolve(e) },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}

/// <summary>What a provisioning comes to: events on up to three kinds of streams, stored together, or a refusal.</summary>
sealed record ProvisioningPlan
{
    public static ProvisioningPlan Nothing { get; } = new();

    public Refusal? Refusal { get; init; }
    public IReadOnlyList<ThingEvent> Thing { get; init; } = [];
    public PrincipalProvisioned? Principal { get; init; }

    /// <summary>What becomes of the certificates that the thing had, by certificate.</summary>
    public IReadOnlyList<(string CertificateId, IReadOnlyList<PrincipalEvent> Events)> Old { get; init; } = [];

    /// <summary>On the asking certificate's stream, when this is a renewal.</summary>
    public PrincipalRenewed? Renewed { get; init; }

    public IReadOnlyList<(string Name, PolicyCreated Event)> Policies { get; init; } = [];

    public static implicit operator ProvisioningPlan(Refusal refusal) => new() { Refusal = refusal };
}
