using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>What a template would do: <c>POST /fleet/templates/validate</c>, <c>…/rehearse</c> and <c>…/{name}/replay</c>.</summary>
sealed class Rehearsals(IAsk ask) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("ValidateProvisioningTemplate", "POST /fleet/templates/validate", Validate),
        new("RehearseProvisioningTemplate", "POST /fleet/templates/rehearse", Rehearse),
        new("ReplayProvisioningTemplate", "POST /fleet/templates/{templateName}/replay", Replay),
    ];

    async Task<Reply> Validate(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ValidateTemplate, TemplateValidated>(
            new() { TemplateBody = request.Text("templateBody"), Kind = request.OptionalText("kind") ?? "FLEET_PROVISIONING" }, cancellation))
            .Reply(validated => Wire.Of(validated));

    async Task<Reply> Rehearse(OperationRequest request, CancellationToken cancellation)
    {
        var (name, body) = (request.OptionalText("templateName"), request.OptionalText("templateBody"));
        if (name is null == body is null) throw new InvalidInputException("Give either templateName or templateBody.");

        return (await ask.Ask<RehearseTemplate, TemplateRehearsed>(new()
        {
            TemplateName = name,
            VersionId = Small(request, "versionId"),
            TemplateBody = body,
            Kind = request.OptionalText("kind"),
            Parameters = OperationRequest.MapOf(request.Object("parameters"), "parameters") ?? [],
            Subject = OperationRequest.MapOf(request.Object("subject"), "subject") ?? [],
            ClientId = request.OptionalText("clientId"),
            Questions = [.. request.List("questions").Select(Question)],
        }, cancellation)).Reply(rehearsed => Wire.Of(rehearsed));
    }

    async Task<Reply> Replay(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ReplayTemplate, TemplateReplayed>(new()
        {
            TemplateName = request.Path("templateName"),
            VersionId = Small(request, "versionId"),
            TemplateBody = request.OptionalText("templateBody"),
            Registrations = Small(request, "registrations") ?? 10_000,
            Shown = Small(request, "shown") ?? 20,
        }, TimeSpan.FromSeconds(15), cancellation)).Reply(replayed => Wire.Of(replayed));

    static PolicyQuestion Question(JsonElement question) => new()
    {
        Action = OperationRequest.TextOf(OperationRequest.Member(question, "action"), "action") ?? throw new InvalidInputException("A question has an action."),
        Name = OperationRequest.TextOf(OperationRequest.Member(question, "name"), "name") ?? throw new InvalidInputException("A question has a name."),
    };

    static int? Small(OperationRequest request, string name) => request.OptionalNumber(name) switch
    {
        null => null,
        >= 0 and <= int.MaxValue and var number => (int)number,
        _ => throw new InvalidInputException($"{name} is out of range."),
    };
}
