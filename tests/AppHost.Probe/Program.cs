using System.Collections;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

// A small graph for the tests of the host: both servers and one service. This program is the host and, with "serve", the service.
if (args is ["serve", ..])
{
    var web = WebApplication.CreateBuilder(args).Build();
    web.MapGet("/health", () => "ok");
    web.MapGet("/environment", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!));
    web.Run();
    return;
}

var folder = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(folder.FullName, "FleetPlatform.sln"))) folder = folder.Parent!;

var graph = new DistributedApplicationBuilder(args, Path.Combine(folder.FullName, "AppHost"));
var postgres = graph.AddPostgres("postgres");
var bus = graph.AddRabbitMQ("bus");
var key = graph.AddParameter("probe-key", new GenerateParameterDefault { MinLength = 42, Special = false }, secret: true, persist: true);
var probe = graph.AddProject("probe", "../tests/AppHost.Probe/AppHost.Probe.csproj")
    .WithArgs("serve")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithEndpoint(name: "raw", env: "RAW_PORT", isProxied: false)
    .WithReference(postgres.AddDatabase("probe-db")).WaitFor(postgres)
    .WithReference(bus).WaitFor(bus)
    .WithEnvironment("Probe__Key", $"{key}A=");
probe.WithReference(probe); // its own address, as any other service would get it

graph.Build().Run();
