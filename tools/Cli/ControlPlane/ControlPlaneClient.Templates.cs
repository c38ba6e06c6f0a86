using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>Templates: their life, and what they would do.</summary>
sealed partial class ControlPlaneClient
{
    /// <summary>CreateProvisioningTemplate; refused when there is one of that name.</summary>
    public Task CreateTemplate(string name, JsonObject members, CancellationToken cancellation)
    {
        members["templateName"] = name;
        members["provisioningRoleArn"] = $"arn:aws:iam::{Arns.AccountId}:role/fleet-provisioning";
        return Send(HttpMethod.Post, "/provisioning-templates", members, cancellation);
    }

    /// <summary>UpdateProvisioningTemplate.</summary>
    public Task UpdateTemplate(string name, JsonObject change, CancellationToken cancellation) =>
        Send(HttpMethod.Patch, $"/provisioning-templates/{Escape(name)}", change, cancellation);

    public Task DeleteTemplate(string name, CancellationToken cancellation) =>
        Send(HttpMethod.Delete, $"/provisioning-templates/{Escape(name)}", null, cancellation);

    /// <summary>CreateProvisioningTemplateVersion; the new version's number.</summary>
    public async Task<int> CreateTemplateVersion(string name, string body, bool setAsDefault, CancellationToken cancellation) =>
        (await Send(HttpMethod.Post, $"/provisioning-templates/{Escape(name)}/versions?setAsDefault={(setAsDefault ? "true" : "false")}",
            new JsonObject { ["templateBody"] = body }, cancellation))["versionId"]!.GetValue<int>();

    public Task<JsonNode> DescribeTemplate(string name, CancellationToken cancellation) =>
        Send(HttpMethod.Get, $"/provisioning-templates/{Escape(name)}", null, cancellation);

    public async Task<JsonArray> ListTemplateVersions(string name, CancellationToken cancellation) =>
        (await Send(HttpMethod.Get, $"/provisioning-templates/{Escape(name)}/versions", null, cancellation))["versions"]!.AsArray();

    public async Task<string> DescribeTemplateVersion(string name, int version, CancellationToken cancellation) =>
        (await Send(HttpMethod.Get, $"/provisioning-templates/{Escape(name)}/versions/{version}", null, cancellation))["templateBody"]!.GetValue<string>();

    /// <summary>ListProvisioningTemplates, all pages.</summary>
    public async Task<IReadOnlyList<JsonNode>> ListTemplates(CancellationToken cancellation)
    {
        var templates = new List<JsonNode>();
        for (string? token = null; ;)
        {
            var page = await Send(HttpMethod.Get, $"/provisioning-templates?maxResults=250{(token is null ? "" : $"&nextToken={Escape(token)}")}", null, cancellation);
            templates.AddRange(page["templates"]!.AsArray()!);
            token = page["nextToken"]?.GetValue<string>();
            if (token is null) return templates;
        }
    }

    /// <summary>keep, replace or refuse.</summary>
    public async Task<string> FindReprovisioning(string name, CancellationToken cancellation) =>
        (await Send(HttpMethod.Get, $"/fleet/templates/{Escape(name)}", null, cancellation))["reprovisioning"]!.GetValue<string>();

    public Task SetReprovisioning(string name, string decision, CancellationToken cancellation) =>
        Send(HttpMethod.Patch, $"/fleet/templates/{Escape(name)}", new JsonObject { ["reprovisioning"] = decision }, cancellation);

    public async Task<TemplateValidated> ValidateTemplate(string body, string kind, CancellationToken cancellation) =>
        Read<TemplateValidated>(await Send(HttpMethod.Post, "/fleet/templates/validate", new JsonObject { ["templateBody"] = body, ["kind"] = kind }, cancellation));

    public async Task<TemplateRehearsed> RehearseTemplate(JsonObject request, CancellationToken cancellation) =>
        Read<TemplateRehearsed>(await Send(HttpMethod.Post, "/fleet/templates/rehearse", request, cancellation));

    public async Task<TemplateReplayed> ReplayTemplate(string name, JsonObject request, CancellationToken cancellation) =>
        Read<TemplateReplayed>(await Send(HttpMethod.Post, $"/fleet/templates/{Escape(name)}/replay", request, cancellation));

    static T Read<T>(JsonNode answer) => answer.Deserialize<T>(Json)!;
}
