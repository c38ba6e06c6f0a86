using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Runs the graph on this machine until it is asked to stop.</summary>
static class ApplicationRun
{
    /// <exception cref="DistributedApplicationException">The graph cannot run here; the message says what to do.</exception>
    public static async Task Run(IReadOnlyList<IResource> resources, HostOptions options, CancellationToken cancellationToken)
    {
        using var folder = options.Folder.Take();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var console = HostConsole.ForTerminal(resources.Max(resource => resource is PostgresDatabaseResource or ParameterResource ? 0 : resource.Name.Length + 2), options.ShowsOutput);
        using var signals = new StopSignals(stopping, () => console.Write("Stopping. Once more kills everything."));

        try
        {
            File.Delete(options.Folder.Endpoints); // of a host that was killed
            await Leftovers.Clear(options.Folder, console.Write, stopping.Token);
            var runnables = await Plan(resources, options, stopping.Token);
            await Supervise(runnables, resources, options, console, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop before anything ran.
        }
    }

    static async Task<IReadOnlyList<Runnable>> Plan(IReadOnlyList<IResource> resources, HostOptions options, CancellationToken cancellation)
    {
        var servers = await ServerRunner.Create(resources, options, cancellation);
        var ports = new Ports(options.Folder.Ports);
        foreach (var resource in resources)
        {
            var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
            if (resource is IResourceWithConnectionString { ConfiguredConnectionString: not null }) continue;
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
                endpoint.AllocatedPorts =
                    [.. Enumerable.Range(0, replicas).Select(replica => ports.For($"{resource.Name}/{endpoint.Name}/{replica}", replica == 0 ? endpoint.Port : null, Option(endpoint)))];
        }

        IReadOnlyList<Runnable> runnables =
        [
            .. resources.SelectMany(resource => servers.Plan(resource, ports)),
            .. resources.OfType<ProjectResource>().SelectMany(project => ProjectRunner.Plan(project, options)),
        ];
        ports.Remember();
        return runnables;
    }

    static string Option(EndpointAnnotation endpoint) => endpoint.Name switch { "mqtts" => "--mqtt-port", "pki" => "--pki-port", _ => "--control-plane-port" };

    static async Task Supervise(IReadOnlyList<Runnable> runnables, IReadOnlyList<IResource> resources, HostOptions options, HostConsole console, CancellationToken stopping)
    {
        var state = new StateFile(options.Folder);
        var logs = runnables.Select((runnable, index) => new ResourceLog(console, options.Folder, runnable.Name, index)).ToArray();
        var supervisors = runnables.Select((runnable, index) => new Supervisor(runnable, options, logs[index], state)).ToArray();
        try
        {
            var runs = supervisors.Select(supervisor => supervisor.Start([.. Awaited(supervisor.Runnable, supervisors)])).ToArray();
            var ready = AnnounceReady(supervisors, resources, options, state, console, stopping);
            var stop = Task.Delay(Timeout.Infinite, stopping);
            // Either asked to stop, or a resource found that it can never run.
            var first = await Task.WhenAny([stop, .. runs, FailureOf(ready)]);
            File.Delete(options.Folder.Endpoints);
            await StopAll(supervisors);
            if (first != stop && !stopping.IsCancellationRequested) await first;
        }
        finally
        {
            foreach (var supervisor in supervisors) supervisor.Dispose();
            foreach (var log in logs) log.Dispose();
        }

        state.Delete();
    }

    static IEnumerable<Task> Awaited(Runnable runnable, IReadOnlyList<Supervisor> supervisors) =>
        from name in runnable.WaitsFor
        from supervisor in supervisors
        where supervisor.Runnable.Name == name || supervisor.Runnable.Name.StartsWith($"{name}-", StringComparison.Ordinal) && supervisor.Runnable.Kind == "project" && int.TryParse(supervisor.Runnable.Name.AsSpan(name.Length + 1), out _)
        select supervisor.Healthy;

    static async Task AnnounceReady(
        IReadOnlyList<Supervisor> supervisors, IReadOnlyList<IResource> resources, HostOptions options, StateFile state, HostConsole console, CancellationToken stopping)
    {
        var clock = Stopwatch.StartNew();
        var everyone = Task.WhenAll(supervisors.Select(supervisor => supervisor.Healthy));
        while (await Task.WhenAny(everyone, Task.Delay(options.StartPatience, stopping)) != everyone)
        {
            stopping.ThrowIfCancellationRequested();
            console.Write($"After {clock.Elapsed.TotalSeconds:0} s these are not healthy yet: {string.Join(", ", state.Unhealthy())}. Their logs: {options.Folder.Logs}");
        }

        var endpoints = await FleetFiles.Write(resources, options, stopping);
        console.Write(FleetFiles.Describe(endpoints, options, clock.Elapsed));
    }

    static async Task FailureOf(Task task)
    {
        await task;
        await Task.Delay(Timeout.Infinite);
    }

    static async Task StopAll(IReadOnlyList<Supervisor> supervisors)
    {
        foreach (var turn in supervisors.GroupBy(supervisor => supervisor.Runnable.StopTurn).OrderBy(turn => turn.Key))
            await Task.WhenAll(turn.Select(supervisor => supervisor.Stop()));
    }

    /// <summary>
    /// The first signal asks for a stop; a second ends the host at once, and the guards end everything else. Signals in quick succession
    /// are one: a terminal, or a supervisor such as timeout(1), may signal the process and its group.
    /// </summary>
    sealed class StopSignals : IDisposable
    {
        static readonly TimeSpan QuickSuccession = TimeSpan.FromSeconds(1);
        readonly PosixSignalRegistration[] _registrations;
        readonly Stopwatch _sinceFirst = new();

        public StopSignals(CancellationTokenSource stopping, Action announce)
        {
            _registrations =
            [
                .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, context =>
                {
                    context.Cancel = true;
                    if (_sinceFirst.Elapsed > QuickSuccession) Environment.Exit(130);
                    if (_sinceFirst.IsRunning) return;
                    _sinceFirst.Start();
                    announce();
                    stopping.Cancel();
                })),
            ];
        }

        public void Dispose()
        {
            foreach (var registration in _registrations) registration.Dispose();
        }
    }
}
