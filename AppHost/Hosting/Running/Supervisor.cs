using System.Diagnostics;

namespace Aspire.Hosting.Running;

/// <summary>Keeps one resource running: starts it when what it waits for is healthy, watches it, restarts it with growing delays.</summary>
sealed class Supervisor(Runnable runnable, HostOptions options, ResourceLog log, StateFile state) : IDisposable
{
    static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);

    readonly TaskCompletionSource _healthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _stopping = new();
    Task _run = Task.CompletedTask;

    public Runnable Runnable { get; } = runnable;

    /// <summary>Ends when the resource was healthy for the first time.</summary>
    public Task Healthy => _healthy.Task;

    /// <summary>Starts the keeping.</summary>
    /// <returns>A task that ends when the resource was stopped, and fails when it can never run.</returns>
    public Task Start(IReadOnlyList<Task> waitsFor) => _run = Keep(waitsFor);

    public async Task Stop()
    {
        await _stopping.CancelAsync();
        await _run.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public void Dispose() => _stopping.Dispose();

    async Task Keep(IReadOnlyList<Task> waitsFor)
    {
        try
        {
            state.Set(Runnable, ResourceState.Waiting);
            await Task.WhenAll(waitsFor).WaitAsync(_stopping.Token);
            if (Runnable.Prepare is not null) await KeepRunning(Runnable.Prepare);
            else await StandBy();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Asked to stop while waiting.
        }
        finally
        {
            state.Set(Runnable, ResourceState.Stopped);
        }
    }

    // A server that runs elsewhere: nothing to keep, and its part ends with the others' all the same.
    async Task StandBy()
    {
        state.Set(Runnable, ResourceState.Starting);
        await Watch(_stopping.Token);
        await Task.Delay(Timeout.Infinite, _stopping.Token);
    }

    async Task KeepRunning(Func<CancellationToken, Task<ProcessPlan>> prepare)
    {
        for (var restarts = 0; !_stopping.IsCancellationRequested;)
        {
            state.Set(Runnable, ResourceState.Starting);
            var plan = await prepare(_stopping.Token);
            var up = Stopwatch.StartNew();
            var (code, wasHealthy) = await RunOnce(plan);
            if (_stopping.IsCancellationRequested) return;

            if (up.Elapsed >= options.SteadyAfter) restarts = 0;
            var delay = Delay(restarts++, wasHealthy ? options.LongestDelayOnceHealthy : options.LongestRestartDelay);
            log.Say($"ended with code {code} after {up.Elapsed.TotalSeconds:0.0} s; restart {restarts} in {delay.TotalSeconds:0.0} s", LogTone.Bad);
            state.Restarting(Runnable, code);
            await Task.Delay(delay, _stopping.Token);
        }
    }

    TimeSpan Delay(int restarts, TimeSpan longest) => TimeSpan.FromTicks(Math.Min(longest.Ticks, options.FirstRestartDelay.Ticks << Math.Min(restarts, 16)));

    async Task<(int Code, bool WasHealthy)> RunOnce(ProcessPlan plan)
    {
        // Whoever looks at a process can see which stack it belongs to.
        plan = plan with { Environment = new Dictionary<string, string>(plan.Environment, StringComparer.Ordinal) { ["FLEET_DIRECTORY"] = options.Folder.Path } };
        using var process = GuardedProcess.Start(plan, log.Line);
        state.Started(Runnable, process.Id);
        var exit = process.WaitForExit();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var watch = Watch(watching.Token);
        var stop = Task.Delay(Timeout.Infinite, watching.Token);

        await Task.WhenAny(exit, stop, Failure(watch));
        if (!exit.IsCompleted)
        {
            state.Set(Runnable, ResourceState.Stopping);
            await process.Stop(options.StopPatience);
        }

        await watching.CancelAsync();
        var wasHealthy = await watch;
        return (await exit, wasHealthy);
    }

    // Being told that it can never be healthy ends a run; being healthy does not.
    static async Task Failure(Task watch)
    {
        await watch;
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>Asks until healthy, then now and then; ends when being alive is enough, or when cancelled.</summary>
    /// <returns>Whether it was healthy at any time.</returns>
    async Task<bool> Watch(CancellationToken cancellation)
    {
        var (up, wasHealthy) = (Stopwatch.StartNew(), false);
        try
        {
            await UntilHealthy(cancellation);
            wasHealthy = true;
            await BecomeHealthy(up.Elapsed, cancellation);
            while (Runnable.Recheck is { } pause)
            {
                var trouble = await UntilTroubled(pause, cancellation);
                state.Set(Runnable, ResourceState.Unhealthy);
                log.Say($"is not healthy any more: {trouble}", LogTone.Bad);
                await UntilHealthy(cancellation);
                log.Say("is healthy again", LogTone.Good);
                state.Set(Runnable, ResourceState.Healthy);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The process ended, or the run does.
        }

        return wasHealthy;
    }

    async Task BecomeHealthy(TimeSpan after, CancellationToken cancellation)
    {
        if (!_healthy.Task.IsCompleted) await Runnable.OnFirstHealthy(cancellation);
        state.Set(Runnable, ResourceState.Healthy);
        log.Say($"healthy after {after.TotalSeconds:0.0} s", LogTone.Good);
        _healthy.TrySetResult();
    }

    async Task UntilHealthy(CancellationToken cancellation)
    {
        string? known = null;
        while (await FindTrouble(cancellation) is { } trouble)
        {
            if (trouble != known) state.Troubled(Runnable, trouble);
            // One that this host starts is not there at first; one that is configured should be.
            if (known is null && Runnable.Prepare is null && !Healthy.IsCompleted) log.Say($"is waited for: {trouble}", LogTone.Bad);
            known = trouble;
            await Task.Delay(AskEvery, cancellation);
        }
    }

    async Task<string> UntilTroubled(TimeSpan pause, CancellationToken cancellation)
    {
        while (true)
        {
            if (await FindTrouble(cancellation) is { } trouble) return trouble;
            await Task.Delay(pause, cancellation);
        }
    }

    async Task<string?> FindTrouble(CancellationToken cancellation)
    {
        try
        {
            return await Runnable.FindTrouble(cancellation);
        }
        catch (DistributedApplicationException refusal) when (Healthy.IsCompleted)
        {
            return refusal.Message; // it let this host in before: worth waiting for
        }
    }
}
