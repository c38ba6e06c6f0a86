using Command = FleetPlatform.Contracts.ThingRegistry.UntagResource;

namespace FleetPlatform.ThingRegistry.Tags;

/// <summary>Takes tags from a resource. Those that it does not have are passed over.</summary>
static class UntagResource
{
    public static Decision<TagEvent> Decide(Command command, ResourceTags tags, DateTimeOffset now)
    {
        if ((command.Keys.Select(TagRules.RefuseKey).FirstOrDefault(bad => bad is not null) ?? tags.RefuseSucceeded(command.Resource)) is { } refusal) return refusal;

        var present = tags.Of(command.Resource.CreatedAt);
        var keys = command.Keys.Where(present.ContainsKey).Distinct(StringComparer.Ordinal).ToList();
        return keys.Count == 0 ? Decision<TagEvent>.Nothing : new ResourceUntagged(command.Resource.CreatedAt, keys, now);
    }

    public static Task<Written<ResourceTags, TagEvent>> Handle(Command command, Registry registry, CancellationToken cancellation) =>
        registry.WriteTags(command.Resource, command.RequestedBy, tags => Decide(command, tags, registry.Now), cancellation);
}

sealed class UntagResourceConsumer(Registry registry) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await UntagResource.Handle(context.Message, registry, context.CancellationToken)).Refusal);
}
