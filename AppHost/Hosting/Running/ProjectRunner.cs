using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Runs a project of this repository: <c>dotnet Service.dll</c> of the host's own build, with the environment that Aspire would set.</summary>
static class ProjectRunner
{
    static readonly TimeSpan RecheckEvery = TimeSpan.FromSeconds(5);
    static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };

    public static IEnumerable<Runnable> Plan(ProjectResource project, HostOptions options)
    {
        var replicas = project.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
        for (var replica = 0; replica < replicas; replica++)
        {
            var (index, name) = (replica, replicas == 1 ? project.Name : $"{project.Name}-{replica}");
            yield return new Runnable
            {
                Name = name,
                Kind = "project",
                Prepare = cancellation => Prepare(project, index, name, options, cancellation),
                FindTrouble = cancellation => FindUnhealthy(project, index, cancellation),
                Recheck = project.Annotations.OfType<HttpHealthCheckAnnotation>().Any() ? RecheckEvery : null,
                WaitsFor = [.. project.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource is IResourceWithParent child ? child.Parent.Name : wait.Resource.Name).Distinct(StringComparer.Ordinal)],
                Ports = project.Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name, endpoint => endpoint.AllocatedPorts[index], StringComparer.Ordinal),
                StopTurn = StopTurn.Services,
            };
        }
    }

    /// <summary>The assembly that a project builds to, in the configuration and framework of the host's own.</summary>
    public static string AssemblyOf(ProjectResource project, string hostBinaries)
    {
        var framework = new DirectoryInfo(hostBinaries.TrimEnd('/'));
        return Path.Combine(Path.GetDirectoryName(project.ProjectPath)!, "bin", framework.Parent!.Name, framework.Name, $"{Path.GetFileNameWithoutExtension(project.ProjectPath)}.dll");
    }

    static async Task<ProcessPlan> Prepare(ProjectResource project, int replica, string name, HostOptions options, CancellationToken cancellation)
    {
        var assembly = AssemblyOf(project, AppContext.BaseDirectory);
        if (!File.Exists(assembly)) throw new DistributedApplicationException($"'{project.Name}' is not built: {assembly} is missing. Build it with: dotnet build {project.ProjectPath}");
        var environment = await ResourceEnvironment.Resolve(project, cancellation);
        foreach (var (variable, value) in Endpoints(project, replica)) environment.TryAdd(variable, value);
        environment.TryAdd("OTEL_SERVICE_NAME", project.Name);
        environment.TryAdd("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={options.Folder.Fingerprint[..8]}-{replica}");
        foreach (var (variable, value) in options.Telemetry) environment.TryAdd(variable, value);
        return new ProcessPlan
        {
            Command = [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", assembly, .. ResourceEnvironment.Arguments(project)],
            WorkingDirectory = Path.GetDirectoryName(project.ProjectPath)!,
            Environment = environment,
        };
    }

    static Dictionary<string, string> Endpoints(ProjectResource project, int replica)
    {
        var endpoints = project.Annotations.OfType<EndpointAnnotation>().ToArray();
        var variables = endpoints
            .Where(endpoint => endpoint.EnvironmentVariable is not null)
            .ToDictionary(endpoint => endpoint.EnvironmentVariable!, endpoint => endpoint.AllocatedPorts[replica].ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var urls = endpoints.Where(endpoint => endpoint.UriScheme is "http" or "https").Select(endpoint => $"{endpoint.UriScheme}://127.0.0.1:{endpoint.AllocatedPorts[replica]}");
        variables["ASPNETCORE_URLS"] = string.Join(';', urls);
        return variables;
    }

    // What is wrong, in a line; null when nothing is.
    static async Task<string?> FindUnhealthy(ProjectResource project, int replica, CancellationToken cancellation)
    {
        foreach (var check in project.Annotations.OfType<HttpHealthCheckAnnotation>())
        {
            var endpoint = new EndpointReference(project, check.EndpointName).EndpointAnnotation;
            try
            {
                using var answer = await Http.GetAsync(new Uri($"{endpoint.UriScheme}://127.0.0.1:{endpoint.AllocatedPorts[replica]}{check.Path}"), cancellation);
                if ((int)answer.StatusCode != check.StatusCode) return Unhealthy(await answer.Content.ReadAsStringAsync(cancellation)) ?? $"{check.Path} answers {(int)answer.StatusCode}";
            }
            catch (HttpRequestException failure)
            {
                return failure.Message;
            }
            catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return $"{check.Path} does not answer";
            }
        }

        return null;
    }

    /// <summary>The checks that failed, of a body as ServiceDefaults writes it; null when it is none.</summary>
    internal static string? Unhealthy(string body)
    {
        try
        {
            var checks = JsonNode.Parse(body)?["checks"]?.AsObject();
            var failed = checks?.Where(check => check.Value?["status"]?.GetValue<string>() == "Unhealthy").Select(check => $"{check.Key} ({check.Value!["detail"]})").ToArray();
            return failed is { Length: > 0 } ? string.Join(", ", failed) : null;
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException)
        {
            return null; // a project of another making
        }
    }
}
