using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>A container engine of this machine that answers: docker or podman.</summary>
sealed class ContainerEngine(string program, FleetFolder folder)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The first engine that answers; null when none does. A client without its engine does not count.</summary>
    public static async Task<ContainerEngine?> Find(FleetFolder folder, CancellationToken cancellation)
    {
        if (Machine.Find("docker") is not null && await Machine.Try(["docker", "version", "--format", "{{.Server.Version}}"], Patience, null, cancellation) is (0, _))
            return new("docker", folder);
        if (Machine.Find("podman") is not null && await Machine.Try(["podman", "info", "--format", "{{.Version.Version}}"], Patience, null, cancellation) is (0, _))
            return new("podman", folder);
        return null;
    }

    /// <summary>Runs the resource's image in the foreground, on loopback, with its volumes.</summary>
    public async Task<ProcessPlan> Prepare(ContainerResource resource, CancellationToken cancellation)
    {
        var name = $"fleet-{folder.Fingerprint}-{resource.Name}";
        var environment = await ResourceEnvironment.Resolve(resource, cancellation);
        await Machine.Try([program, "rm", "-f", name], TimeSpan.FromSeconds(30), null, cancellation); // of a host that died together with its guard
        return new ProcessPlan
        {
            Command = Command(resource, name, environment.Keys),
            WorkingDirectory = "/",
            Environment = environment,
            StopSignal = resource is PostgresServerResource ? PosixSignal.SIGINT : PosixSignal.SIGTERM, // the engine's client passes it on
            Cleanup = $"{program} rm -f {name}",
        };
    }

    // Variables are named only: their values reach the engine through the client's own environment, not through a command line that all can read.
    internal IReadOnlyList<string> Command(ContainerResource resource, string name, IEnumerable<string> variables)
    {
        var image = resource.Annotations.OfType<ContainerImageAnnotation>().Single();
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>();
        var mounts = resource.Annotations.OfType<ContainerMountAnnotation>();
        return
        [
            program, "run", "--rm", "--name", name,
            .. endpoints.SelectMany(endpoint => new[] { "-p", $"127.0.0.1:{endpoint.AllocatedPort}:{endpoint.TargetPort}" }),
            .. mounts.SelectMany(mount => new[] { "-v", $"{mount.Source}-{folder.Fingerprint}:{mount.Target}{(mount.IsReadOnly ? ":ro" : "")}" }),
            .. variables.SelectMany(variable => new[] { "-e", variable }),
            image.FullName, .. ResourceEnvironment.Arguments(resource),
        ];
    }
}
