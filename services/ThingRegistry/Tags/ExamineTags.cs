using Query = FleetPlatform.Contracts.ThingRegistry.ExamineTags;

namespace FleetPlatform.ThingRegistry.Tags;

/// <summary>Whether what is about to be created may have these tags. A resource is not made only to be refused its tags.</summary>
static class ExamineTags
{
    public static Refusal? Decide(Query query, ThingRegistryOptions options) => TagRules.Refuse(query.Tags) ?? TagRules.RefuseCount(query.Tags.Count, options);
}

sealed class ExamineTagsConsumer(ThingRegistryOptions options) : IConsumer<Query>
{
    public Task Consume(ConsumeContext<Query> context) => context.Done(ExamineTags.Decide(context.Message, options));
}
