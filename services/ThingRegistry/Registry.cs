using FleetPlatform.ThingRegistry.Billing;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Tags;
using FleetPlatform.ThingRegistry.Things;
using FleetPlatform.ThingRegistry.Types;

namespace FleetPlatform.ThingRegistry;

/// <summary>The event store in this service's nouns: which stream a name has, and that no name reaches a stream unchecked.</summary>
sealed class Registry(EventStore store, TimeProvider clock)
{
    /// <summary>How often a decision is made again because someone else was faster.</summary>
    public const int MaximumAttempts = 8;

    public EventSession OpenSession(EventMetadata metadata) => store.OpenSession(metadata);

    public NpgsqlDataSource Database => store.DataSource;

    public DateTimeOffset Now => clock.GetUtcNow();

    public static StreamId ThingStream(string name) => StreamId.Of("thing", name);

    public static StreamId TypeStream(string name) => StreamId.Of("type", name);

    public static StreamId GroupStream(string name) => StreamId.Of("group", name);

    public static StreamId BillingStream(string name) => StreamId.Of("billing", name);

    public static StreamId PolicyStream(string name) => StreamId.Of("policy", name);

    public static StreamId TagStream(TaggedResource resource) => StreamId.Of("tags", resource.Name);

    public static StreamId PrincipalStream(string certificateId) => StreamId.Of("principal", certificateId);

    public Task<Written<Thing, ThingEvent>> WriteThing(string name, string actor, Func<Thing, Decision<ThingEvent>> decide, CancellationToken cancellation) =>
        Write(Names.RefuseThingName(name), () => ThingStream(name), actor, decide, cancellation);

    public Task<Written<ThingType, ThingTypeEvent>> WriteType(
        string name, string actor, Func<ThingType, Decision<ThingTypeEvent>> decide, CancellationToken cancellation) =>
        Write(Names.RefuseTypeName(name), () => TypeStream(name), actor, decide, cancellation);

    public Task<Written<ThingGroup, ThingGroupEvent>> WriteGroup(
        string name, string actor, Func<ThingGroup, Decision<ThingGroupEvent>> decide, CancellationToken cancellation) =>
        Write(Names.RefuseGroupName(name), () => GroupStream(name), actor, decide, cancellation);

    public Task<Written<BillingGroup, BillingGroupEvent>> WriteBillingGroup(
        string name, string actor, Func<BillingGroup, Decision<BillingGroupEvent>> decide, CancellationToken cancellation) =>
        Write(Names.RefuseBillingGroupName(name), () => BillingStream(name), actor, decide, cancellation);

    public Task<Written<DevicePolicy, PolicyEvent>> WritePolicy(
        string name, string actor, Func<DevicePolicy, Decision<PolicyEvent>> decide, CancellationToken cancellation) =>
        Write(Names.RefusePolicyName(name), () => PolicyStream(name), actor, decide, cancellation);

    public Task<Written<Principal, PrincipalEvent>> WritePrincipal(
        string certificateId, string actor, Func<Principal, Decision<PrincipalEvent>> decide, CancellationToken cancellation) =>
        Write(Names.RefuseCertificateId(certificateId), () => PrincipalStream(certificateId), actor, decide, cancellation);

    // Its owner has just named the resource: its name is a good one.
    public Task<Written<ResourceTags, TagEvent>> WriteTags(
        TaggedResource resource, string actor, Func<ResourceTags, Decision<TagEvent>> decide, CancellationToken cancellation) =>
        Write(badName: null, () => TagStream(resource), actor, decide, cancellation);

    public Task<Thing> ReadThing(string name, CancellationToken cancellation) =>
        Read<Thing, ThingEvent>(Names.RefuseThingName(name), () => ThingStream(name), cancellation);

    public Task<ThingType> ReadType(string name, CancellationToken cancellation) =>
        Read<ThingType, ThingTypeEvent>(Names.RefuseTypeName(name), () => TypeStream(name), cancellation);

    public Task<ThingGroup> ReadGroup(string name, CancellationToken cancellation) =>
        Read<ThingGroup, ThingGroupEvent>(Names.RefuseGroupName(name), () => GroupStream(name), cancellation);

    public Task<BillingGroup> ReadBillingGroup(string name, CancellationToken cancellation) =>
        Read<BillingGroup, BillingGroupEvent>(Names.RefuseBillingGroupName(name), () => BillingStream(name), cancellation);

    public Task<DevicePolicy> ReadPolicy(string name, CancellationToken cancellation) =>
        Read<DevicePolicy, PolicyEvent>(Names.RefusePolicyName(name), () => PolicyStream(name), cancellation);

    public Task<Principal> ReadPrincipal(string certificateId, CancellationToken cancellation) =>
        Read<Principal, PrincipalEvent>(Names.RefuseCertificateId(certificateId), () => PrincipalStream(certificateId), cancellation);

    public Task<ResourceTags> ReadTags(TaggedResource resource, CancellationToken cancellation) =>
        Read<ResourceTags, TagEvent>(badName: null, () => TagStream(resource), cancellation);

    /// <summary>Folds streams of all kinds in one round trip.</summary>
    public Task<IReadOnlyList<Fetched<TAggregate>>> Fetch<TAggregate, TEvent>(IReadOnlyList<StreamId> streams, CancellationToken cancellation)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        store.FetchAsync<TAggregate, TEvent>(streams, cancellation);

    /// <summary>A decision over several streams: read, decide, append in one transaction; again when someone else was faster.</summary>
    public async Task<T> Transact<T>(EventMetadata metadata, Func<EventSession, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var session = store.OpenSession(metadata);
            var result = await work(session);
            try
            {
                await session.SaveChangesAsync(cancellation);
                return result;
            }
            catch (ConcurrencyException) when (attempt < MaximumAttempts)
            {
                // The state the decision stood on has moved: decide again on what is there now.
            }
        }
    }

    Task<Written<TAggregate, TEvent>> Write<TAggregate, TEvent>(
        Refusal? badName, Func<StreamId> stream, string actor, Func<TAggregate, Decision<TEvent>> decide, CancellationToken cancellation)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        badName is not null
            ? Task.FromResult(new Written<TAggregate, TEvent>(badName, TAggregate.Initial, 0))
            : store.WriteToAggregate(stream(), decide, new EventMetadata { Actor = actor }, cancellation);

    // A name that no stream can have names nothing: the caller finds the initial state, as for any other unknown name.
    Task<TAggregate> Read<TAggregate, TEvent>(Refusal? badName, Func<StreamId> stream, CancellationToken cancellation)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        badName is not null ? Task.FromResult(TAggregate.Initial) : store.AggregateStreamAsync<TAggregate, TEvent>(stream(), cancellation);
}
