using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>RegisterThing: one device by a template body (aws-protocol 6).</summary>
sealed class Registrations(IBatcher<RegisterThing, RegisterThingAnswer> templates, Arn arn) : IOperations
{
    public IEnumerable<Operation> All => [new("RegisterThing", "POST /things", Register)];

    async Task<Reply> Register(OperationRequest request, CancellationToken cancellation)
    {
        var flow = Guid.CreateVersion7().ToString("N");
        var answer = await templates.Ask(new()
        {
            Flow = new FlowContext { FlowId = flow, SessionId = flow, PrincipalId = request.Caller, ClientId = "control-plane" }.Traced(),
            TemplateBody = request.Text("templateBody"),
            Parameters = OperationRequest.MapOf(request.Object("parameters"), "parameters") ?? [],
        }, cancellation);
        return answer.Refused is { } refused ? Reply.Refuse(refused) : Reply.Of(new
        {
            certificatePem = answer.CertificatePem,
            resourceArns = Arns(answer, arn),
        });
    }

    /// <summary>The ARN of each resource, by its name in the template.</summary>
    public static Dictionary<string, string> Arns(RegisterThingAnswer answer, Arn arn) => (answer.Resources ?? []).ToDictionary(
        resource => resource.LogicalName,
        resource => resource.Kind switch
        {
            ResourceKind.Thing => arn.Thing(resource.Name),
            ResourceKind.Certificate => arn.Certificate(resource.Name),
            _ => arn.Policy(resource.Name),
        }, StringComparer.Ordinal);
}
