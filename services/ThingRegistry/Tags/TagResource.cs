using Command = FleetPlatform.Contracts.ThingRegistry.TagResource;

namespace FleetPlatform.ThingRegistry.Tags;

/// <summary>Gives a resource tags. The same tags again change nothing.</summary>
static class TagResource
{
    public static Decision<TagEvent> Decide(Command command, ResourceTags tags, ThingRegistryOptions options, DateTimeOffset now)
    {
        if ((TagRules.Refuse(command.Tags) ?? tags.RefuseSucceeded(command.Resource)) is { } refusal) return refusal;

        var present = tags.Of(command.Resource.CreatedAt);
        var changes = command.Tags.Where(tag => present.GetValueOrDefault(tag.Key) != tag.Value).ToList();
        if (changes.Count == 0) return Decision<TagEvent>.Nothing;
        if (TagRules.RefuseCount(present.Count + changes.Count(tag => !present.ContainsKey(tag.Key)), options) is { } tooMany) return tooMany;
        return new ResourceTagged(command.Resource.CreatedAt, changes.ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal), now);
    }

    public static Task<Written<ResourceTags, TagEvent>> Handle(Command command, Registry registry, ThingRegistryOptions options, CancellationToken cancellation) =>
        registry.WriteTags(command.Resource, command.RequestedBy, tags => Decide(command, tags, options, registry.Now), cancellation);
}

sealed class TagResourceConsumer(Registry registry, ThingRegistryOptions options) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context) =>
        await context.Done((await TagResource.Handle(context.Message, registry, options, context.CancellationToken)).Refusal);
}
