using System.Text.Json;
using System.Text.Json.Serialization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>What a person or a tool needs to know of a running stack, as <c>endpoints.json</c> has it.</summary>
sealed record FleetEndpoints
{
    public string? Mqtt { get; init; }

    public string? ControlPlane { get; init; }

    /// <summary>Where revocation lists, OCSP and the transparency log are served, as certificates name it.</summary>
    public string? Pki { get; init; }

    public string? RootCa { get; init; }

    public string? OperatorCredentials { get; init; }

    public string? Region { get; init; }

    public string? AccountId { get; init; }
}

/// <summary>Writes the files by which others find a running stack, and takes back the one that says it runs.</summary>
static class FleetFiles
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task<FleetEndpoints> Write(IReadOnlyList<IResource> resources, HostOptions options, CancellationToken cancellation)
    {
        var gateway = Endpoint(resources, "mqtts");
        var door = resources.OfType<ProjectResource>().FirstOrDefault(project => project.Name == "control-plane");
        var settings = door is null ? [] : await ResourceEnvironment.Resolve(door, cancellation);
        var authority = resources.OfType<ProjectResource>().FirstOrDefault(project => project.Name == "certificate-authority");
        var endpoints = new FleetEndpoints
        {
            Mqtt = gateway is null ? null : $"{settings.GetValueOrDefault("ControlPlane__MqttEndpoint", "localhost")}:{gateway.AllocatedPort}",
            ControlPlane = door is null ? null : await new EndpointReference(door, "http").GetValueAsync(cancellation),
            Pki = authority is null ? null : (await ResourceEnvironment.Resolve(authority, cancellation)).GetValueOrDefault("CertificateAuthority__RevocationUrl"),
            RootCa = gateway is null ? null : Path.Combine(options.Folder.In("certificate-authority"), "root-ca.pem"),
            OperatorCredentials = door is null ? null : options.Folder.OperatorCredentials,
            Region = settings.GetValueOrDefault("Fleet__Region"),
            AccountId = settings.GetValueOrDefault("Fleet__AccountId"),
        };
        if (door is not null)
            FleetFolder.Write(options.Folder.OperatorCredentials, $"""
                [default]
                aws_access_key_id = {settings["ControlPlane__AccessKeyId"]}
                aws_secret_access_key = {settings["ControlPlane__SecretAccessKey"]}

                """, secret: true);
        FleetFolder.Write(options.Folder.Endpoints, JsonSerializer.Serialize(endpoints, Json));
        return endpoints;
    }

    /// <summary>The block that the terminal shows when everything is healthy.</summary>
    public static string Describe(FleetEndpoints endpoints, HostOptions options, TimeSpan after) => $"""

        Ready after {after.TotalSeconds:0.0} s. Ctrl-C stops it.

          MQTT                  mqtts://{endpoints.Mqtt}
          Control plane         {endpoints.ControlPlane}
          Lists (CRL), OCSP     {endpoints.Pki}/issuing-1/full.crl, {endpoints.Pki}/ocsp
          Root certificate      {endpoints.RootCa}
          Operator credentials  {endpoints.OperatorCredentials}
          State, logs           {options.Folder.State}, {options.Folder.Logs}/

        Try next, in another terminal:
          ./fleet quickstart{options.FolderOption}                              a policy, a template, a claim, and one device, step by step
          ./fleet simulate --devices 100 --parallel 8{options.FolderOption}     a small fleet provisions itself
          ./fleet why <serial>{options.FolderOption}                            what happened to one device, and why

        """;

    static EndpointAnnotation? Endpoint(IEnumerable<IResource> resources, string name) =>
        resources.SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>()).FirstOrDefault(endpoint => endpoint.Name == name);
}
