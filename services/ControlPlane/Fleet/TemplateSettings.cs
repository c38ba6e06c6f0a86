using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>What a template has that AWS's do not: <c>GET</c> and <c>PATCH /fleet/templates/{name}</c>.</summary>
sealed class TemplateSettings(IAsk ask) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("DescribeTemplateSettings", "GET /fleet/templates/{templateName}", Describe),
        new("UpdateTemplateSettings", "PATCH /fleet/templates/{templateName}", Update),
    ];

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = request.Path("templateName") }, cancellation)).Reply(View);

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<UpdateTemplate, TemplateDescription>(new()
        {
            TemplateName = request.Path("templateName"),
            Reprovisioning = ReadReprovisioning(request.Text("reprovisioning")),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(View);

    public static Reprovisioning ReadReprovisioning(string word) => word switch
    {
        "keep" => Reprovisioning.Keep,
        "replace" => Reprovisioning.Replace,
        "refuse" => Reprovisioning.Refuse,
        _ => throw new InvalidInputException("reprovisioning is keep, replace or refuse."),
    };

    static object View(TemplateDescription template) => new
    {
        templateName = template.TemplateName,
        reprovisioning = template.Reprovisioning switch { Reprovisioning.Replace => "replace", Reprovisioning.Refuse => "refuse", _ => "keep" },
    };
}
