namespace Aspire.Hosting.Running;

/// <summary>In which turn a resource stops: what uses others before what is used.</summary>
enum StopTurn
{
    Services,
    Servers,
    NameServers,
}

/// <summary>One process of the run, or a server that already runs elsewhere.</summary>
sealed record Runnable
{
    public required string Name { get; init; }

    /// <summary>What kind of thing, for the state file: <c>project</c>, <c>native</c>, <c>container</c>, <c>configured</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Makes ready and says what to run, before every start; null for a server that this host does not start.</summary>
    public Func<CancellationToken, Task<ProcessPlan>>? Prepare { get; init; }

    /// <summary>
    /// Asks how it is: null when it is healthy, else what is wrong, in a line. Throws <see cref="DistributedApplicationException"/> when waiting mends nothing.
    /// </summary>
    public required Func<CancellationToken, Task<string?>> FindTrouble { get; init; }

    /// <summary>Once healthy for the first time, before anyone who waits goes on.</summary>
    public Func<CancellationToken, Task> OnFirstHealthy { get; init; } = _ => Task.CompletedTask;

    /// <summary>How often to ask again once healthy; null when being alive is enough.</summary>
    public TimeSpan? Recheck { get; init; }

    public IReadOnlyList<string> WaitsFor { get; init; } = [];

    /// <summary>Endpoint name to port.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    public StopTurn StopTurn { get; init; }
}
