using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>
/// <c>POST /fleet/registrations</c>: many devices in one request, for a factory line. An item of a batch is registered once, however often it is asked
/// for: batch and item name its flow. Items are refused one by one.
/// </summary>
sealed class Lines(IBatcher<RegisterThing, RegisterThingAnswer> templates) : IOperations
{
    const int MaximumItems = 250;
    const int MaximumItemCharacters = 128;

    public IEnumerable<Operation> All => [new("RegisterThings", "POST /fleet/registrations", Register)];

    async Task<Reply> Register(OperationRequest request, CancellationToken cancellation)
    {
        var batch = request.Text("batch");
        if (!FlowIds.IsBatch(batch)) throw new InvalidInputException("batch is a version 7 UUID: 32 lower-case hex digits, the 13th a 7.");
        var (name, body) = (request.OptionalText("templateName"), request.OptionalText("templateBody"));
        if (name is null == body is null) throw new InvalidInputException("Give either templateName or templateBody.");
        var order = new RegisterThing
        {
            Flow = new() { FlowId = batch, SessionId = batch, PrincipalId = request.Caller, ClientId = "" },
            TemplateName = name,
            TemplateBody = body,
            Parameters = new Dictionary<string, string>(),
            Reprovisioning = TemplateSettings.ReadReprovisioning(request.OptionalText("reprovisioning") ?? "refuse"),
            RequireAuthority = request.OptionalBoolean("requireAuthority") ?? false,
        };
        var items = request.List("items").Take(MaximumItems + 1).ToArray();
        if (items.Length is 0 or > MaximumItems) throw new InvalidInputException($"items has 1 to {MaximumItems} items.");

        var asked = items.Select(item => Read(item, order)).ToArray();
        var answers = await Task.WhenAll(asked.Select(item => Ask(item.Request, cancellation)));
        return Reply.Of(new { items = asked.Zip(answers, (item, answer) => Describe(item.Name, answer)).ToArray() });
    }

    // What one of them waits for in vain says nothing about the others.
    async Task<RegisterThingAnswer> Ask(RegisterThing item, CancellationToken cancellation)
    {
        try
        {
            return await templates.Ask(item, cancellation);
        }
        catch (RequestUnavailableException away)
        {
            return new() { Refused = Reasons.Unavailable.ToRefused(away.Message) };
        }
    }

    /// <param name="order">What all of them have in common.</param>
    static (string Name, RegisterThing Request) Read(JsonElement item, RegisterThing order)
    {
        string? Text(string name) => OperationRequest.TextOf(OperationRequest.Member(item, name), $"items.{name}");

        var name = Text("item");
        if (name is not { Length: > 0 and <= MaximumItemCharacters }) throw new InvalidInputException($"items.item has 1 to {MaximumItemCharacters} characters.");
        return (name, order with
        {
            Flow = (order.Flow with { FlowId = FlowIds.OfItem(order.Flow.SessionId, name), ClientId = name }).Traced(),
            Parameters = OperationRequest.MapOf(OperationRequest.Member(item, "parameters"), "items.parameters") ?? [],
            CertificateSigningRequest = Text("certificateSigningRequest"),
            CertificatePem = Text("certificatePem"),
        });
    }

    static object Describe(string item, RegisterThingAnswer answer) => new
    {
        item,
        certificateId = answer.CertificateId,
        certificatePem = answer.CertificatePem,
        thingName = answer.ThingName,
        deviceConfiguration = answer.DeviceConfiguration,
        code = answer.Refused?.Code,
        message = answer.Refused?.Detail,
    };
}
