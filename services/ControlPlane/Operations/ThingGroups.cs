using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Thing groups and who is in them (aws-protocol 11.9).</summary>
sealed class ThingGroups(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("CreateThingGroup", "POST /thing-groups/{thingGroupName}", Create),
        new("DescribeThingGroup", "GET /thing-groups/{thingGroupName}", Describe),
        new("ListThingGroups", "GET /thing-groups", List),
        new("AddThingToThingGroup", "PUT /thing-groups/addThingToThingGroup", (request, cancellation) => Change(request, member: true, cancellation)),
        new("RemoveThingFromThingGroup", "PUT /thing-groups/removeThingFromThingGroup", (request, cancellation) => Change(request, member: false, cancellation)),
        new("ListThingsInThingGroup", "GET /thing-groups/{thingGroupName}/things", ListThings),
        new("ListThingGroupsForThing", "GET /things/{thingName}/thing-groups", ListGroups),
    ];

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var (name, properties) = (request.Path("thingGroupName"), request.Object("thingGroupProperties"));
        var answer = await ask.Ask<CreateThingGroup, ThingGroupDescription>(new()
        {
            ThingGroupName = name,
            ParentGroupName = request.OptionalText("parentGroupName"),
            Description = OperationRequest.TextOf(OperationRequest.Member(properties, "thingGroupDescription"), "thingGroupDescription"),
            Attributes = OperationRequest.MapOf(OperationRequest.Member(OperationRequest.Member(properties, "attributePayload"), "attributes"), "attributes") ?? [],
            RequestedBy = request.Caller,
        }, cancellation);
        return answer.Reply(
            group => new { thingGroupName = name, thingGroupArn = arn.ThingGroup(name), thingGroupId = group.ThingGroupId }, (null, arn.ThingGroup(name)));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeThingGroup, ThingGroupDescription>(new() { ThingGroupName = request.Path("thingGroupName") }, cancellation)).Reply(group => new
        {
            thingGroupName = group.ThingGroupName,
            thingGroupId = group.ThingGroupId,
            thingGroupArn = arn.ThingGroup(group.ThingGroupName),
            version = group.Version,
            thingGroupProperties = new { thingGroupDescription = group.Description, attributePayload = new { attributes = group.Attributes } },
            thingGroupMetadata = new { parentGroupName = group.ParentGroupName, creationDate = group.CreatedAt.Epoch() },
        });

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation)
    {
        if (request.Query("parentGroup") is not null || request.Query("namePrefixFilter") is not null)
            return Reply.Refuse(Reasons.InvalidRequest, "parentGroup and namePrefixFilter are not supported.");
        return (await ask.Ask<ListThingGroups, NamesListed>(new() { Page = request.TokenPage() }, cancellation)).Reply(page => Groups(request, page));
    }

    async Task<Reply> Change(OperationRequest request, bool member, CancellationToken cancellation) =>
        (await ask.Ask<ChangeGroupMembership, Done>(new()
        {
            ThingName = arn.NameIn(request, "thingName", "thingArn", "thing"),
            ThingGroupName = arn.NameIn(request, "thingGroupName", "thingGroupArn", "thinggroup"),
            Member = member,
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> ListThings(OperationRequest request, CancellationToken cancellation)
    {
        if (request.Flag("recursive")) return Reply.Refuse(Reasons.InvalidRequest, "recursive is not supported; ask for each group.");
        var answer = await ask.Ask<ListThingsInGroup, NamesListed>(
            new() { ThingGroupName = request.Path("thingGroupName"), Page = request.TokenPage() }, cancellation);
        return answer.Reply(page => new { things = page.Items, nextToken = request.Next(page.Next) });
    }

    async Task<Reply> ListGroups(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListGroupsOfThing, NamesListed>(new() { ThingName = request.Path("thingName"), Page = request.TokenPage() }, cancellation))
            .Reply(page => Groups(request, page));

    object Groups(OperationRequest request, NamesListed page) => new
    {
        thingGroups = page.Items.Select(name => new { groupName = name, groupArn = arn.ThingGroup(name) }),
        nextToken = request.Next(page.Next),
    };
}
