using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Thing groups and who is in them (aws-protocol 11.9).</summary>
sealed class ThingGroups(IAsk ask, Arn arn) : IOperations
{
    const string Index = "AWS_Things";
    const string QueryVersion = "2017-09-30";

    public IEnumerable<Operation> All =>
    [
        new("CreateThingGroup", "POST /thing-groups/{thingGroupName}", Create),
        new("CreateDynamicThingGroup", "POST /dynamic-thing-groups/{thingGroupName}", CreateDynamic),
        new("UpdateThingGroup", "PATCH /thing-groups/{thingGroupName}", (request, cancellation) => Update(request, isDynamic: false, cancellation)),
        new("UpdateDynamicThingGroup", "PATCH /dynamic-thing-groups/{thingGroupName}", (request, cancellation) => Update(request, isDynamic: true, cancellation)),
        new("DeleteThingGroup", "DELETE /thing-groups/{thingGroupName}", (request, cancellation) => Delete(request, isDynamic: false, cancellation)),
        new("DeleteDynamicThingGroup", "DELETE /dynamic-thing-groups/{thingGroupName}", (request, cancellation) => Delete(request, isDynamic: true, cancellation)),
        new("DescribeThingGroup", "GET /thing-groups/{thingGroupName}", Describe),
        new("ListThingGroups", "GET /thing-groups", List),
        new("AddThingToThingGroup", "PUT /thing-groups/addThingToThingGroup", (request, cancellation) => Change(request, member: true, cancellation)),
        new("RemoveThingFromThingGroup", "PUT /thing-groups/removeThingFromThingGroup", (request, cancellation) => Change(request, member: false, cancellation)),
        new("UpdateThingGroupsForThing", "PUT /thing-groups/updateThingGroupsForThing", ChangeMany),
        new("ListThingsInThingGroup", "GET /thing-groups/{thingGroupName}/things", ListThings),
        new("ListThingGroupsForThing", "GET /things/{thingName}/thing-groups", ListGroups),
    ];

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var name = request.Path("thingGroupName");
        return (await Create(request, query: null, cancellation)).Reply(
            group => new { thingGroupName = name, thingGroupArn = arn.ThingGroup(name), thingGroupId = group.ThingGroupId }, (null, arn.ThingGroup(name)));
    }

    async Task<Reply> CreateDynamic(OperationRequest request, CancellationToken cancellation)
    {
        CheckLanguage(request);
        var name = request.Path("thingGroupName");
        return (await Create(request, request.Text("queryString"), cancellation)).Reply(group => new
        {
            thingGroupName = name,
            thingGroupArn = arn.ThingGroup(name),
            thingGroupId = group.ThingGroupId,
            indexName = Index,
            queryString = group.Query,
            queryVersion = QueryVersion,
        }, (null, arn.ThingGroup(name)));
    }

    Task<Answer<ThingGroupDescription>> Create(OperationRequest request, string? query, CancellationToken cancellation) =>
        ask.CreateTagged(request, () => ask.Ask<CreateThingGroup, ThingGroupDescription>(new()
        {
            ThingGroupName = request.Path("thingGroupName"),
            ParentGroupName = query is null ? request.OptionalText("parentGroupName") : null,
            Description = DescriptionOf(request),
            Attributes = AttributesOf(request) ?? [],
            Query = query,
            RequestedBy = request.Caller,
        }, cancellation), group => arn.Tagged(arn.ThingGroup(group.ThingGroupName), group.CreatedAt), cancellation);

    async Task<Reply> Update(OperationRequest request, bool isDynamic, CancellationToken cancellation)
    {
        if (isDynamic) CheckLanguage(request);
        return (await ask.Ask<UpdateThingGroup, ThingGroupDescription>(new()
        {
            ThingGroupName = request.Path("thingGroupName"),
            Dynamic = isDynamic,
            Query = isDynamic ? request.OptionalText("queryString") : null,
            Description = DescriptionOf(request),
            Attributes = AttributesOf(request),
            MergeAttributes = OperationRequest.Member(OperationRequest.Member(request.Object("thingGroupProperties"), "attributePayload"), "merge")?.ValueKind == System.Text.Json.JsonValueKind.True,
            ExpectedVersion = request.OptionalNumber("expectedVersion"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(group => new { version = group.Version });
    }

    async Task<Reply> Delete(OperationRequest request, bool isDynamic, CancellationToken cancellation) =>
        (await ask.Ask<DeleteThingGroup, Done>(new()
        {
            ThingGroupName = request.Path("thingGroupName"), Dynamic = isDynamic, ExpectedVersion = request.OptionalQueryNumber("expectedVersion"), RequestedBy = request.Caller,
        }, cancellation)).Reply();

    // There is one index and one version of the language.
    static void CheckLanguage(OperationRequest request)
    {
        if (request.OptionalText("indexName") is not (null or Index)) throw new InvalidInputException($"indexName must be {Index}.");
        if (request.OptionalText("queryVersion") is not (null or QueryVersion)) throw new InvalidInputException($"queryVersion must be {QueryVersion}.");
    }

    static string? DescriptionOf(OperationRequest request) =>
        OperationRequest.TextOf(OperationRequest.Member(request.Object("thingGroupProperties"), "thingGroupDescription"), "thingGroupDescription");

    static Dictionary<string, string>? AttributesOf(OperationRequest request) => OperationRequest.MapOf(
        OperationRequest.Member(OperationRequest.Member(request.Object("thingGroupProperties"), "attributePayload"), "attributes"), "attributes");

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeThingGroup, ThingGroupDescription>(new() { ThingGroupName = request.Path("thingGroupName") }, cancellation)).Reply(group => new
        {
            thingGroupName = group.ThingGroupName,
            thingGroupId = group.ThingGroupId,
            thingGroupArn = arn.ThingGroup(group.ThingGroupName),
            version = group.Version,
            thingGroupProperties = new { thingGroupDescription = group.Description, attributePayload = new { attributes = group.Attributes } },
            thingGroupMetadata = new { parentGroupName = group.ParentGroupName, creationDate = group.CreatedAt.Epoch() },
            indexName = group.Query is null ? null : Index,
            queryString = group.Query,
            queryVersion = group.Query is null ? null : QueryVersion,
        });

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<ListThingGroups, NamesListed>(new()
    {
        Page = request.TokenPage(), ParentGroupName = request.Query("parentGroup"), Recursive = request.Flag("recursive"), NamePrefix = request.Query("namePrefixFilter"),
    }, cancellation)).Reply(page => Groups(request, page));

    async Task<Reply> Change(OperationRequest request, bool member, CancellationToken cancellation) =>
        (await ask.Ask<ChangeGroupMembership, Done>(new()
        {
            ThingName = arn.NameIn(request, "thingName", "thingArn", "thing"),
            ThingGroupName = arn.NameIn(request, "thingGroupName", "thingGroupArn", "thinggroup"),
            Member = member,
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    // Out of groups first, because a thing is in only so many. Each is done once however often it is asked for, so a caller that was refused half-way asks again.
    async Task<Reply> ChangeMany(OperationRequest request, CancellationToken cancellation)
    {
        var thing = request.Text("thingName");
        foreach (var (list, member) in ((string, bool)[])[("thingGroupsToRemove", false), ("thingGroupsToAdd", true)])
            foreach (var group in request.List(list).Select(name => OperationRequest.TextOf(name, list)).ToArray())
            {
                var answer = await ask.Ask<ChangeGroupMembership, Done>(
                    new() { ThingName = thing, ThingGroupName = group ?? "", Member = member, RequestedBy = request.Caller }, cancellation);
                if (answer.Refused is not null) return answer.Reply();
            }

        return Reply.Of(new { });
    }

    async Task<Reply> ListThings(OperationRequest request, CancellationToken cancellation)
    {
        var answer = await ask.Ask<ListThingsInGroup, NamesListed>(
            new() { ThingGroupName = request.Path("thingGroupName"), Recursive = request.Flag("recursive"), Page = request.TokenPage() }, cancellation);
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
