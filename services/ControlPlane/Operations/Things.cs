using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Things, and the certificates attached to them (aws-protocol 11.7).</summary>
sealed class Things(IAsk ask, Arn arn) : IOperations
{
    const string PrincipalHeader = "x-amzn-principal";

    public IEnumerable<Operation> All =>
    [
        new("CreateThing", "POST /things/{thingName}", Create),
        new("DescribeThing", "GET /things/{thingName}", Describe),
        new("UpdateThing", "PATCH /things/{thingName}", Update),
        new("DeleteThing", "DELETE /things/{thingName}", Delete),
        new("ListThings", "GET /things", List),
        new("AttachThingPrincipal", "PUT /things/{thingName}/principals", Attach),
        new("DetachThingPrincipal", "DELETE /things/{thingName}/principals", Detach),
        new("ListThingPrincipals", "GET /things/{thingName}/principals", ListPrincipals),
        new("ListPrincipalThings", "GET /principals/things", ListThings),
        new("ListThingPrincipalsV2", "GET /things/{thingName}/principals-v2", ListPrincipalObjects),
        new("ListPrincipalThingsV2", "GET /principals/things-v2", ListThingObjects),
    ];

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var name = request.Path("thingName");
        var answer = await ask.Ask<CreateThing, ThingDescription>(new()
        {
            ThingName = name,
            ThingTypeName = request.OptionalText("thingTypeName"),
            BillingGroup = request.OptionalText("billingGroupName"),
            Attributes = Attributes(request) ?? [],
            RequestedBy = request.Caller,
        }, cancellation);
        return answer.Reply(
            thing => new { thingName = name, thingArn = arn.Thing(name), thingId = thing.ThingId }, (null, arn.Thing(name)));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeThing, ThingDescription>(new() { ThingName = request.Path("thingName") }, cancellation)).Reply(thing => new
        {
            defaultClientId = thing.ThingName,
            thingName = thing.ThingName,
            thingId = thing.ThingId,
            thingArn = arn.Thing(thing.ThingName),
            thingTypeName = thing.ThingTypeName,
            attributes = thing.Attributes,
            version = thing.Version,
            billingGroupName = thing.BillingGroup,
        });

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<UpdateThing, ThingDescription>(new()
        {
            ThingName = request.Path("thingName"),
            ThingTypeName = request.OptionalText("thingTypeName"),
            RemoveThingType = request.OptionalBoolean("removeThingType") ?? false,
            Attributes = Attributes(request),
            MergeAttributes = OperationRequest.Member(request.Object("attributePayload"), "merge")?.ValueKind == System.Text.Json.JsonValueKind.True,
            ExpectedVersion = request.OptionalNumber("expectedVersion"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteThing, Done>(new()
        {
            ThingName = request.Path("thingName"),
            ExpectedVersion = request.OptionalQueryNumber("expectedVersion"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation)
    {
        if (request.Flag("usePrefixAttributeValue")) return Reply.Refuse(Reasons.InvalidRequest, "usePrefixAttributeValue is not supported.");
        var answer = await ask.Ask<ListThings, ThingsListed>(new()
        {
            Page = request.TokenPage(),
            AttributeName = request.Query("attributeName"),
            AttributeValue = request.Query("attributeValue"),
            ThingTypeName = request.Query("thingTypeName"),
        }, cancellation);
        return answer.Reply(page => new
        {
            things = page.Items.Select(thing => new
            {
                thingName = thing.ThingName,
                thingTypeName = thing.ThingTypeName,
                thingArn = arn.Thing(thing.ThingName),
                attributes = thing.Attributes,
                version = thing.Version,
            }),
            nextToken = request.Next(page.Next),
        });
    }

    async Task<Reply> Attach(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<AttachThingPrincipal, Done>(new()
        {
            ThingName = request.Path("thingName"),
            CertificateId = arn.CertificateIn(request.Header(PrincipalHeader)),
            Exclusive = PrincipalType(request) ?? false,
            RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> Detach(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DetachThingPrincipal, Done>(new()
        {
            ThingName = request.Path("thingName"), CertificateId = arn.CertificateIn(request.Header(PrincipalHeader)), RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> ListPrincipals(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListThingPrincipals, NamesListed>(new() { ThingName = request.Path("thingName"), Page = request.TokenPage() }, cancellation))
            .Reply(page => new { principals = page.Items.Select(arn.Certificate), nextToken = request.Next(page.Next) });

    async Task<Reply> ListThings(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListPrincipalThings, NamesListed>(
            new() { CertificateId = arn.CertificateIn(request.Header(PrincipalHeader)), Page = request.TokenPage() }, cancellation))
            .Reply(page => new { things = page.Items, nextToken = request.Next(page.Next) });

    // The type is asked of the grants: a page may be shorter than it could be, as the filter takes from it.
    async Task<Reply> ListPrincipalObjects(OperationRequest request, CancellationToken cancellation)
    {
        var (name, wanted) = (request.Path("thingName"), PrincipalType(request));
        var listed = await ask.Ask<ListThingPrincipals, NamesListed>(new() { ThingName = name, Page = request.TokenPage() }, cancellation);
        if (listed.Refused is { } refused) return Reply.Refuse(refused);
        var found = await ask.Ask<FindPrincipals, FindPrincipalsAnswer>(new() { Items = [.. listed.Value!.Items.Select(id => new FindPrincipal { CertificateId = id })] }, cancellation);
        return found.Reply(grants => new
        {
            thingPrincipalObjects = grants.Items.Select(item => item.Grant).OfType<PrincipalGrant>()
                .SelectMany(grant => grant.Things.Where(thing => thing.ThingName == name && (wanted is null || thing.Exclusive == wanted))
                    .Select(thing => new { principal = arn.Certificate(grant.CertificateId), thingPrincipalType = TypeOf(thing) })).ToArray(),
            nextToken = request.Next(listed.Value.Next),
        });
    }

    async Task<Reply> ListThingObjects(OperationRequest request, CancellationToken cancellation)
    {
        var (id, wanted) = (arn.CertificateIn(request.Header(PrincipalHeader)), PrincipalType(request));
        var listed = await ask.Ask<ListPrincipalThings, NamesListed>(new() { CertificateId = id, Page = request.TokenPage() }, cancellation);
        if (listed.Refused is { } refused) return Reply.Refuse(refused);
        var found = await ask.Ask<FindPrincipals, FindPrincipalsAnswer>(new() { Items = [new() { CertificateId = id }] }, cancellation);
        return found.Reply(grants => new
        {
            principalThingObjects = (grants.Items[0].Grant?.Things ?? [])
                .Where(thing => listed.Value!.Items.Contains(thing.ThingName) && (wanted is null || thing.Exclusive == wanted))
                .Select(thing => new { thingName = thing.ThingName, thingPrincipalType = TypeOf(thing) }).ToArray(),
            nextToken = request.Next(listed.Value!.Next),
        });
    }

    static string TypeOf(ThingGrant thing) => thing.Exclusive ? "EXCLUSIVE_THING" : "NON_EXCLUSIVE_THING";

    /// <summary>True: exclusive ones; null: it is not said which.</summary>
    static bool? PrincipalType(OperationRequest request) => request.Query("thingPrincipalType") switch
    {
        null => null,
        "NON_EXCLUSIVE_THING" => false,
        "EXCLUSIVE_THING" => true,
        _ => throw new InvalidInputException("thingPrincipalType must be EXCLUSIVE_THING or NON_EXCLUSIVE_THING."),
    };

    static Dictionary<string, string>? Attributes(OperationRequest request) =>
        OperationRequest.MapOf(OperationRequest.Member(request.Object("attributePayload"), "attributes"), "attributes");
}
