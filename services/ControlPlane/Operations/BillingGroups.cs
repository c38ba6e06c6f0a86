using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Billing groups and which things are in them (aws-protocol 11.9).</summary>
sealed class BillingGroups(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("CreateBillingGroup", "POST /billing-groups/{billingGroupName}", Create),
        new("DescribeBillingGroup", "GET /billing-groups/{billingGroupName}", Describe),
        new("UpdateBillingGroup", "PATCH /billing-groups/{billingGroupName}", Update),
        new("DeleteBillingGroup", "DELETE /billing-groups/{billingGroupName}", Delete),
        new("ListBillingGroups", "GET /billing-groups", List),
        new("AddThingToBillingGroup", "PUT /billing-groups/addThingToBillingGroup", (request, cancellation) => Change(request, member: true, cancellation)),
        new("RemoveThingFromBillingGroup", "PUT /billing-groups/removeThingFromBillingGroup", (request, cancellation) => Change(request, member: false, cancellation)),
        new("ListThingsInBillingGroup", "GET /billing-groups/{billingGroupName}/things", ListThings),
    ];

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var name = request.Path("billingGroupName");
        var answer = await ask.CreateTagged(request, () => ask.Ask<CreateBillingGroup, BillingGroupDescription>(
            new() { BillingGroupName = name, Description = DescriptionIn(request), RequestedBy = request.Caller }, cancellation),
            group => arn.Tagged(arn.BillingGroup(name), group.CreatedAt), cancellation);
        return answer.Reply(
            group => new { billingGroupName = name, billingGroupArn = arn.BillingGroup(name), billingGroupId = group.BillingGroupId },
            (null, arn.BillingGroup(name)));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeBillingGroup, BillingGroupDescription>(new() { BillingGroupName = request.Path("billingGroupName") }, cancellation)).Reply(group => new
        {
            billingGroupName = group.BillingGroupName,
            billingGroupId = group.BillingGroupId,
            billingGroupArn = arn.BillingGroup(group.BillingGroupName),
            version = group.Version,
            billingGroupProperties = new { billingGroupDescription = group.Description },
            billingGroupMetadata = new { creationDate = group.CreatedAt.Epoch() },
        });

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation)
    {
        if (request.Object("billingGroupProperties") is null) throw new InvalidInputException("billingGroupProperties is required.");
        return (await ask.Ask<UpdateBillingGroup, BillingGroupDescription>(new()
        {
            BillingGroupName = request.Path("billingGroupName"),
            Description = DescriptionIn(request),
            ExpectedVersion = request.OptionalNumber("expectedVersion"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(group => new { version = group.Version });
    }

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteBillingGroup, Done>(new()
        {
            BillingGroupName = request.Path("billingGroupName"),
            ExpectedVersion = request.OptionalQueryNumber("expectedVersion"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListBillingGroups, NamesListed>(
            new() { Page = request.TokenPage(), NamePrefix = request.Query("namePrefixFilter") }, cancellation)).Reply(page => new
            {
                billingGroups = page.Items.Select(name => new { groupName = name, groupArn = arn.BillingGroup(name) }),
                nextToken = request.Next(page.Next),
            });

    async Task<Reply> Change(OperationRequest request, bool member, CancellationToken cancellation) =>
        (await ask.Ask<ChangeBillingGroup, Done>(new()
        {
            ThingName = arn.NameIn(request, "thingName", "thingArn", "thing"),
            BillingGroupName = arn.NameIn(request, "billingGroupName", "billingGroupArn", "billinggroup"),
            Member = member,
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> ListThings(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListThingsInBillingGroup, NamesListed>(
            new() { BillingGroupName = request.Path("billingGroupName"), Page = request.TokenPage() }, cancellation))
            .Reply(page => new { things = page.Items, nextToken = request.Next(page.Next) });

    static string? DescriptionIn(OperationRequest request) => OperationRequest.TextOf(
        OperationRequest.Member(request.Object("billingGroupProperties"), "billingGroupDescription"), "billingGroupDescription");
}
