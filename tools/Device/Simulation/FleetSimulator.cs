using System.Collections.Concurrent;
using System.Diagnostics;

namespace FleetPlatform.Device;

/// <summary>A fleet to simulate.</summary>
public sealed record SimulationOptions
{
    /// <summary>Devices in all, at least 1.</summary>
    public required int Devices { get; init; }

    /// <summary>Devices at work at the same time, at least 1.</summary>
    public required int Parallel { get; init; }

    /// <summary>The claim that all of them carry.</summary>
    public required Credential Claim { get; init; }

    /// <summary>Where the n-th device keeps what it is, the claim already in it; null: in memory, gone with it.</summary>
    public Func<int, ICredentialStore>? Store { get; init; }

    /// <summary>The firmware of the n-th device, from 0.</summary>
    public required Func<int, DeviceOptions> Device { get; init; }
}

/// <summary>How far a simulation is.</summary>
public readonly record struct SimulationProgress(int Succeeded, int Failed, int Devices, TimeSpan Elapsed);

/// <summary>How a simulation ended.</summary>
public sealed record SimulationSummary
{
    public required int Devices { get; init; }
    public required int Succeeded { get; init; }
    public required int Failed { get; init; }
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Devices provisioned per second.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Succeeded / Elapsed.TotalSeconds : 0;

    /// <summary>Successful attempts at each step. A step that never succeeded is missing.</summary>
    public required IReadOnlyDictionary<DeviceStep, LatencySummary> Steps { get; init; }

    /// <summary>Whole provisioning of a device, retries and waits between them included.</summary>
    public required LatencySummary Total { get; init; }

    /// <summary>How many devices failed for each reason, for example <c>RegisterThing: InvalidParameters</c>.</summary>
    public required IReadOnlyDictionary<string, int> FailuresByReason { get; init; }

    /// <summary>How many attempts failed and were made again, by reason; none of these is a failed device in itself.</summary>
    public required IReadOnlyDictionary<string, int> RetriesByReason { get; init; }
}

/// <summary>
/// Provisions a fleet of simulated devices: each a real MQTT client with two full mutual-TLS handshakes and a key of its own, and a store
/// in memory.
/// </summary>
public sealed class FleetSimulator(SimulationOptions options)
{
    readonly Dictionary<DeviceStep, LatencyHistogram> _steps = Enum.GetValues<DeviceStep>().ToDictionary(step => step, _ => new LatencyHistogram());
    readonly LatencyHistogram _total = new();
    readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int> _retries = new(StringComparer.Ordinal);
    int _begun;
    int _succeeded;
    int _failed;

    /// <summary>Runs the fleet once.</summary>
    /// <param name="progress">Told after each device; called on the thread that ran it.</param>
    /// <param name="cancellation">Stops after the devices at work; the summary is of what was done.</param>
    public async Task<SimulationSummary> Run(IProgress<SimulationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(options.Parallel, options.Devices)).Select(_ => Task.Run(() => Work(began, progress, cancellation), cancellation)));
        return new SimulationSummary
        {
            Devices = options.Devices,
            Succeeded = _succeeded,
            Failed = _failed,
            Elapsed = Stopwatch.GetElapsedTime(began),
            Steps = _steps.Where(step => step.Value.Count > 0).ToDictionary(step => step.Key, step => step.Value.Summary()),
            Total = _total.Summary(),
            FailuresByReason = new SortedDictionary<string, int>(_failures, StringComparer.Ordinal),
            RetriesByReason = new SortedDictionary<string, int>(_retries, StringComparer.Ordinal),
        };
    }

    async Task Work(long began, IProgress<SimulationProgress>? progress, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && Interlocked.Increment(ref _begun) is var number && number <= options.Devices)
        {
            await Provision(number - 1, cancellation);
            progress?.Report(new(Volatile.Read(ref _succeeded), Volatile.Read(ref _failed), options.Devices, Stopwatch.GetElapsedTime(began)));
        }
    }

    async Task Provision(int number, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var steps = new StepCounts(this);
        try
        {
            await new ReferenceDevice(options.Device(number), options.Store?.Invoke(number) ?? new MemoryCredentialStore(options.Claim), steps).Provision(cancellation);
            _total.Record(Stopwatch.GetElapsedTime(began));
            Interlocked.Increment(ref _succeeded);
            steps.CountRetries();
        }
        catch (ProvisioningException failure)
        {
            Interlocked.Increment(ref _failed);
            _failures.AddOrUpdate(ReasonOf(failure), 1, (_, count) => count + 1);
            steps.CountRetries();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped: neither the one nor the other.
        }
    }

    static string ReasonOf(ProvisioningException failure) => $"{failure.Step}: {(failure.StatusCode is { } status ? $"{status} " : "")}{failure.Code}";

    /// <summary>What one device reports; the last failure of a device that failed is no retry.</summary>
    sealed class StepCounts(FleetSimulator fleet) : IProgress<StepReport>
    {
        readonly List<string> _failed = [];
        bool _lastFailed;

        public void Report(StepReport value)
        {
            _lastFailed = value.Failure is not null;
            if (value.Failure is { } failure) _failed.Add(ReasonOf(failure));
            else fleet._steps[value.Step].Record(value.Duration);
        }

        public void CountRetries()
        {
            foreach (var reason in _failed.Take(_failed.Count - (_lastFailed ? 1 : 0)))
                fleet._retries.AddOrUpdate(reason, 1, (_, count) => count + 1);
        }
    }
}
