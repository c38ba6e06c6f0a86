using Query = FleetPlatform.Contracts.ThingRegistry.ListTags;

namespace FleetPlatform.ThingRegistry.Tags;

static class ListTags
{
    // Nobody looks for resources by tag, so the stream is the only table.
    public static async Task<TagsListed> Handle(Query query, Registry registry, CancellationToken cancellation) => new()
    {
        Items = [.. (await registry.ReadTags(query.Resource, cancellation)).Of(query.Resource.CreatedAt).Select(tag => new Tag { Key = tag.Key, Value = tag.Value })],
    };
}

sealed class ListTagsConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) =>
        await context.RespondAsync(await ListTags.Handle(context.Message, registry, context.CancellationToken));
}
