using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Tags (aws-protocol 11.12). The resource's owner says whether it exists; ThingRegistry keeps the tags of all.</summary>
sealed class Tags(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("TagResource", "POST /tags", Tag),
        new("UntagResource", "POST /untag", Untag),
        new("ListTagsForResource", "GET /tags", List),
    ];

    Task<Reply> Tag(OperationRequest request, CancellationToken cancellation)
    {
        if (!request.List("tags").Any()) throw new InvalidInputException("tags is required.");
        return OfResource(request.Text("resourceArn"), async resource => (await ask.Ask<TagResource, Done>(
            new() { Resource = resource, Tags = CreationTags.In(request), RequestedBy = request.Caller }, cancellation)).Reply(), cancellation);
    }

    Task<Reply> Untag(OperationRequest request, CancellationToken cancellation)
    {
        var keys = request.Texts("tagKeys");
        if (keys.Count == 0) throw new InvalidInputException("tagKeys is required.");
        return OfResource(request.Text("resourceArn"), async resource => (await ask.Ask<UntagResource, Done>(
            new() { Resource = resource, Keys = keys, RequestedBy = request.Caller }, cancellation)).Reply(), cancellation);
    }

    // A resource has so few that they are always one page.
    Task<Reply> List(OperationRequest request, CancellationToken cancellation) => OfResource(
        request.Query("resourceArn") ?? throw new InvalidInputException("resourceArn is required."),
        async resource => (await ask.Ask<ListTags, TagsListed>(new() { Resource = resource }, cancellation))
            .Reply(listed => new { tags = listed.Items.Select(tag => new { tag.Key, tag.Value }) }),
        cancellation);

    async Task<Reply> OfResource(string resourceArn, Func<TaggedResource, Task<Reply>> then, CancellationToken cancellation)
    {
        var (createdAt, refused) = await Find(resourceArn, cancellation);
        return createdAt is { } at ? await then(arn.Tagged(resourceArn, at)) : Reply.Refuse(refused!);
    }

    /// <summary>When the resource was created, or why there is none.</summary>
    async Task<(DateTimeOffset? CreatedAt, Refused? Refused)> Find(string resourceArn, CancellationToken cancellation)
    {
        if (arn.NameIn(resourceArn, "thingtype") is { } type)
            return Created(await ask.Ask<DescribeThingType, ThingTypeDescription>(new() { ThingTypeName = type }, cancellation), found => found.CreatedAt);
        if (arn.NameIn(resourceArn, "thinggroup") is { } group)
            return Created(await ask.Ask<DescribeThingGroup, ThingGroupDescription>(new() { ThingGroupName = group }, cancellation), found => found.CreatedAt);
        if (arn.NameIn(resourceArn, "billinggroup") is { } billing)
            return Created(await ask.Ask<DescribeBillingGroup, BillingGroupDescription>(new() { BillingGroupName = billing }, cancellation), found => found.CreatedAt);
        if (arn.NameIn(resourceArn, "policy") is { } policy)
            return Created(await ask.Ask<GetPolicy, PolicyDescription>(new() { PolicyName = policy }, cancellation), found => found.CreatedAt);
        if (arn.NameIn(resourceArn, "provisioningtemplate") is { } template)
            return Created(await ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = template }, cancellation), found => found.CreatedAt);
        if (arn.NameIn(resourceArn, "cacert") is { } authority)
            return Created(await ask.Ask<DescribeTrustedAuthority, TrustedAuthorityDescription>(new() { CaCertificateId = authority }, cancellation), found => found.CreatedAt);
        throw new InvalidInputException(
            $"resourceArn must be {arn.Prefix} and one of thingtype/, thinggroup/, billinggroup/, policy/, provisioningtemplate/ or cacert/ with a name. Things and certificates have no tags, as on AWS.");
    }

    static (DateTimeOffset?, Refused?) Created<T>(Answer<T> answer, Func<T, DateTimeOffset> createdAt) where T : class =>
        answer.Value is { } found ? (createdAt(found), null) : (null, answer.Refused);
}

/// <summary>The tags that an operation brings for what it creates.</summary>
static class CreationTags
{
    /// <summary>The member <c>tags</c>; empty when absent.</summary>
    public static List<Tag> In(OperationRequest request) => [.. request.List("tags").Select(tag => new Tag
    {
        Key = OperationRequest.TextOf(OperationRequest.Member(tag, "Key"), "tags.Key") ?? throw new InvalidInputException("A tag has a Key."),
        Value = OperationRequest.TextOf(OperationRequest.Member(tag, "Value"), "tags.Value") ?? "",
    })];

    /// <summary>
    /// Creates and then tags. Bad tags are refused before anything is made; when the second step fails, the caller's SDK asks again and finds
    /// what the first attempt made.
    /// </summary>
    /// <param name="create">Creates, or finds what is the same already.</param>
    /// <param name="tagged">The resource as its tags know it.</param>
    public static async Task<Answer<T>> CreateTagged<T>(
        this IAsk ask, OperationRequest request, Func<Task<Answer<T>>> create, Func<T, TaggedResource> tagged, CancellationToken cancellation) where T : class
    {
        var tags = In(request);
        if (tags.Count == 0) return await create();
        if ((await ask.Ask<ExamineTags, Done>(new() { Tags = tags }, cancellation)).Refused is { } bad) return new(null, bad);

        var answer = await create();
        if (answer.Value is not { } made) return answer;
        var done = await ask.Ask<TagResource, Done>(new() { Resource = tagged(made), Tags = tags, RequestedBy = request.Caller }, cancellation);
        return done.Refused is { } refused ? new(null, refused) : answer;
    }
}
