using System.Text.Json;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Thing types (aws-protocol 11.8).</summary>
sealed class ThingTypes(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("CreateThingType", "POST /thing-types/{thingTypeName}", Create),
        new("DescribeThingType", "GET /thing-types/{thingTypeName}", Describe),
        new("UpdateThingType", "PATCH /thing-types/{thingTypeName}", Update),
        new("DeprecateThingType", "POST /thing-types/{thingTypeName}/deprecate", Deprecate),
        new("DeleteThingType", "DELETE /thing-types/{thingTypeName}", Delete),
        new("ListThingTypes", "GET /thing-types", List),
    ];

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var (name, properties) = (request.Path("thingTypeName"), PropertiesIn(request));
        var answer = await ask.CreateTagged(request, () => ask.Ask<CreateThingType, ThingTypeDescription>(new()
        {
            ThingTypeName = name,
            Description = OperationRequest.TextOf(OperationRequest.Member(properties, "thingTypeDescription"), "thingTypeDescription"),
            SearchableAttributes = OperationRequest.ListOf(OperationRequest.Member(properties, "searchableAttributes"), "searchableAttributes"),
            RequestedBy = request.Caller,
        }, cancellation), type => arn.Tagged(arn.ThingType(name), type.CreatedAt), cancellation);
        return answer.Reply(type => new { thingTypeName = name, thingTypeArn = arn.ThingType(name), thingTypeId = type.ThingTypeId }, (null, arn.ThingType(name)));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeThingType, ThingTypeDescription>(new() { ThingTypeName = request.Path("thingTypeName") }, cancellation)).Reply(type => new
        {
            thingTypeName = type.ThingTypeName,
            thingTypeId = type.ThingTypeId,
            thingTypeArn = arn.ThingType(type.ThingTypeName),
            thingTypeProperties = Properties(type),
            thingTypeMetadata = Metadata(type),
        });

    // What the request leaves out stays as it is.
    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation)
    {
        var properties = PropertiesIn(request);
        var searchable = OperationRequest.Member(properties, "searchableAttributes");
        return (await ask.Ask<UpdateThingType, Done>(new()
        {
            ThingTypeName = request.Path("thingTypeName"),
            Description = OperationRequest.TextOf(OperationRequest.Member(properties, "thingTypeDescription"), "thingTypeDescription"),
            SearchableAttributes = searchable is null ? null : OperationRequest.ListOf(searchable, "searchableAttributes"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply();
    }

    // Attributes of the publisher in every message are not offered; who asks for them must not believe that they come.
    static JsonElement? PropertiesIn(OperationRequest request)
    {
        var properties = request.Object("thingTypeProperties");
        return OperationRequest.Member(OperationRequest.Member(properties, "mqtt5Configuration"), "propagatingAttributes") is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0
            ? properties
            : throw new InvalidInputException("mqtt5Configuration.propagatingAttributes is not offered here: messages arrive as their publishers sent them. Leave it out.");
    }

    async Task<Reply> Deprecate(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<DeprecateThingType, Done>(new()
    {
        ThingTypeName = request.Path("thingTypeName"), Undo = request.OptionalBoolean("undoDeprecate") ?? false, RequestedBy = request.Caller,
    }, cancellation)).Reply();

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteThingType, Done>(new() { ThingTypeName = request.Path("thingTypeName"), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation)
    {
        if (request.Query("thingTypeName") is { } name) return await ListOne(name, cancellation);
        return (await ask.Ask<ListThingTypes, ThingTypesListed>(new() { Page = request.TokenPage() }, cancellation)).Reply(page => new
        {
            thingTypes = page.Items.Select(Item),
            nextToken = request.Next(page.Next),
        });
    }

    async Task<Reply> ListOne(string name, CancellationToken cancellation)
    {
        var answer = await ask.Ask<DescribeThingType, ThingTypeDescription>(new() { ThingTypeName = name }, cancellation);
        return answer.Refused?.Code == Reasons.NotFound.Code
            ? Reply.Of(new { thingTypes = Array.Empty<object>() })
            : answer.Reply(type => new { thingTypes = new[] { Item(type) } });
    }

    object Item(ThingTypeDescription type) => new
    {
        thingTypeName = type.ThingTypeName,
        thingTypeArn = arn.ThingType(type.ThingTypeName),
        thingTypeProperties = Properties(type),
        thingTypeMetadata = Metadata(type),
    };

    static object Properties(ThingTypeDescription type) => new { thingTypeDescription = type.Description, searchableAttributes = type.SearchableAttributes };

    static object Metadata(ThingTypeDescription type) => new { deprecated = type.DeprecatedAt is not null, deprecationDate = type.DeprecatedAt?.Epoch(), creationDate = type.CreatedAt.Epoch() };
}
