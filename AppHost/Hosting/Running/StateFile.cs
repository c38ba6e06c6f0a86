using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.Running;

enum ResourceState
{
    Waiting,
    Starting,
    Running,
    Healthy,
    Unhealthy,
    Restarting,
    Stopping,
    Stopped,
}

/// <summary>One resource in <c>state.json</c>.</summary>
sealed record ResourceStatus
{
    public required string Kind { get; init; }

    public required ResourceState State { get; init; }

    public int? Pid { get; init; }

    /// <summary>When the process started, in clock ticks since boot: tells it from a later process with the same id.</summary>
    public long? StartTicks { get; init; }

    /// <summary>Why it is not healthy, when that was last asked.</summary>
    public string? Trouble { get; init; }

    public int Restarts { get; init; }

    public int? LastExitCode { get; init; }

    public required IReadOnlyDictionary<string, int> Ports { get; init; }

    public required string Log { get; init; }
}

/// <summary>Everything in <c>state.json</c>.</summary>
sealed record HostStatus
{
    public required int Pid { get; init; }

    public required long StartTicks { get; init; }

    public required IReadOnlyDictionary<string, ResourceStatus> Resources { get; init; }
}

/// <summary><c>state.json</c>: what runs as which process. For people, tests and measurements, and for the next host after this one died.</summary>
sealed class StateFile(FleetFolder folder)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    readonly Lock _gate = new();
    readonly SortedDictionary<string, ResourceStatus> _resources = new(StringComparer.Ordinal);

    /// <summary>What the last host left; null when it ended cleanly.</summary>
    public static HostStatus? Read(FleetFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize<HostStatus>(File.ReadAllText(folder.State), Json);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public void Set(Runnable runnable, ResourceState state) => Change(runnable, status => status with
    {
        State = state,
        Trouble = state is ResourceState.Unhealthy ? status.Trouble : null,
        Pid = state is ResourceState.Stopped or ResourceState.Waiting ? null : status.Pid,
        StartTicks = state is ResourceState.Stopped or ResourceState.Waiting ? null : status.StartTicks,
    });

    public void Troubled(Runnable runnable, string trouble) => Change(runnable, status => status with { Trouble = trouble });

    public void Started(Runnable runnable, int pid) => Change(runnable, status => status with
    {
        State = ResourceState.Running,
        Pid = pid,
        StartTicks = Leftovers.StartTicksOf(pid),
    });

    public void Restarting(Runnable runnable, int exitCode) => Change(runnable, status => status with
    {
        State = ResourceState.Restarting,
        Pid = null,
        StartTicks = null,
        Restarts = status.Restarts + 1,
        LastExitCode = exitCode,
    });

    /// <summary>The resources that are not healthy now, with their states and what is known of the reasons.</summary>
    public IReadOnlyList<string> Unhealthy()
    {
        lock (_gate) return [.. _resources.Where(pair => pair.Value.State != ResourceState.Healthy).Select(pair => $"{pair.Key} ({pair.Value.State}{(pair.Value.Trouble is { } trouble ? $": {trouble}" : "")})")];
    }

    public void Delete()
    {
        lock (_gate) File.Delete(folder.State);
    }

    void Change(Runnable runnable, Func<ResourceStatus, ResourceStatus> change)
    {
        lock (_gate)
        {
            _resources.TryGetValue(runnable.Name, out var known);
            _resources[runnable.Name] = change(known ?? new ResourceStatus
            {
                Kind = runnable.Kind,
                State = ResourceState.Waiting,
                Ports = runnable.Ports,
                Log = Path.Combine(folder.Logs, $"{runnable.Name}.log"),
            });
            var status = new HostStatus { Pid = Environment.ProcessId, StartTicks = Leftovers.StartTicksOf(Environment.ProcessId) ?? 0, Resources = _resources };
            try
            {
                FleetFolder.Write(folder.State, JsonSerializer.Serialize(status, Json));
            }
            catch (IOException) when (File.Exists(folder.State))
            {
                // A full disk does not end what runs; the next change writes all of it again.
            }
        }
    }
}
