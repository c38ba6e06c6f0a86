using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.ChangeGroupMembership;

namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Puts a thing into a group, or takes it out. Doing so twice is doing it once.</summary>
static class ChangeGroupMembership
{
    /// <param name="roots">The root of each group the thing is in, and of the one the command names; without the latter when there is none.</param>
    public static Decision<ThingEvent> Decide(Command command, Thing thing, IReadOnlyDictionary<string, string> roots, DateTimeOffset now)
    {
        if (!thing.Exists) return Thing.Missing(command.ThingName);
        if (!roots.ContainsKey(command.ThingGroupName)) return ThingGroup.Missing(command.ThingGroupName);

        var isMember = thing.Groups.Contains(command.ThingGroupName);
        if (isMember == command.Member) return Decision<ThingEvent>.Nothing;
        if (isMember) return new GroupLeft(command.ThingGroupName, now);

        return Membership.Refuse([.. thing.Groups, command.ThingGroupName], name => roots[name]) is { } refusal
            ? refusal
            : new GroupJoined(command.ThingGroupName, now);
    }

    public static async Task<Refusal?> Handle(Command command, Registry registry, CancellationToken cancellation)
    {
        if ((Names.RefuseThingName(command.ThingName) ?? Names.RefuseGroupName(command.ThingGroupName)) is { } badName) return badName;
        if ((await registry.ReadGroup(command.ThingGroupName, cancellation)).Query is not null) return DynamicGroups.ByHand(command.ThingGroupName);

        return await registry.Transact(new() { Actor = command.RequestedBy }, async session =>
        {
            var thing = await session.FetchForWriting<Thing, ThingEvent>(Registry.ThingStream(command.ThingName), cancellation);
            var paths = await GroupsTable.Paths(registry.Database, [.. thing.Aggregate.Groups, command.ThingGroupName], cancellation);
            var roots = paths.ToDictionary(path => path.Key, path => path.Value[0], StringComparer.Ordinal);
            var decision = Decide(command, thing.Aggregate, roots, registry.Now);
            if (decision.Events.Count > 0) thing.Append([.. decision.Events]);
            return decision.Refusal;
        }, cancellation);
    }
}

sealed class ChangeGroupMembershipConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done(await ChangeGroupMembership.Handle(context.Message, registry, context.CancellationToken));
}
