using Microsoft.Extensions.Logging;
using Npgsql;

namespace FleetPlatform.Events.Writing;

/// <summary>Tells subscriptions that something was committed: those of this process at once, those led elsewhere by NOTIFY.</summary>
sealed class CommitSignal(NpgsqlDataSource dataSource, EventStoreOptions options, ILogger logger) : IAsyncDisposable
{
    public const string Channel = "fleet_events";

    // NOTIFY takes a lock of the whole server at its commit: never in an append's transaction, and never more often than this.
    static readonly TimeSpan AnnounceEvery = TimeSpan.FromMilliseconds(20);

    readonly Lock _guard = new();
    readonly CancellationTokenSource _stopping = new();
    Action[] _listeners = [];
    int _announcing;
    int _again;
    Task _announcer = Task.CompletedTask;

    /// <summary>Whether every subscription of this service is led by this process, so that nobody else needs to be told.</summary>
    public Func<bool> AllLedHere { get; set; } = () => false;

    public void Listen(Action listener)
    {
        lock (_guard) _listeners = [.. _listeners, listener];
    }

    public void Forget(Action listener)
    {
        lock (_guard) _listeners = [.. _listeners.Where(l => l != listener)];
    }

    /// <summary>Called after each commit; returns at once.</summary>
    public void Committed()
    {
        WakeListeners();
        if (!options.AnnounceCommits || AllLedHere()) return;

        Volatile.Write(ref _again, 1);
        if (Interlocked.Exchange(ref _announcing, 1) == 0) _announcer = Task.Run(Announce);
    }

    public void WakeListeners()
    {
        foreach (var listener in _listeners) listener();
    }

    /// <summary>Wakes the listeners of this process whenever another one announces a commit. Returns never, throws when the connection breaks.</summary>
    public static async Task ListenForOthers(EventStore store, CancellationToken stopping)
    {
        await using var connection = await Outage.Open(store.DataSource, stopping);
        connection.Notification += (_, _) => store.Commits.WakeListeners();
        await using (var listen = new NpgsqlCommand($"listen {Channel}", connection)) await listen.ExecuteNonQueryAsync(stopping);
        store.Commits.WakeListeners(); // for what was announced while nobody listened
        try
        {
            while (true) await connection.WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            await using var unlisten = new NpgsqlCommand("unlisten *", connection); // the pool keeps the session
            await unlisten.ExecuteNonQueryAsync(CancellationToken.None);
            throw;
        }
    }

    async Task Announce()
    {
        do
        {
            while (Interlocked.Exchange(ref _again, 0) == 1 && !_stopping.IsCancellationRequested)
            {
                try
                {
                    await using var command = dataSource.CreateCommand($"notify {Channel}");
                    await command.ExecuteNonQueryAsync(_stopping.Token);
                    await Task.Delay(AnnounceEvery, _stopping.Token);
                }
                catch (Exception failure) when (Outage.Is(failure) || failure is OperationCanceledException)
                {
                    // The subscriptions elsewhere poll as well: they come a little later.
                    CommitSignalLog.NotAnnounced(logger, failure);
                }
            }

            Volatile.Write(ref _announcing, 0);
        }
        while (Volatile.Read(ref _again) == 1 && !_stopping.IsCancellationRequested && Interlocked.Exchange(ref _announcing, 1) == 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _announcer;
        _stopping.Dispose();
    }
}

static partial class CommitSignalLog
{
    [LoggerMessage(1010, LogLevel.Debug, "Other replicas were not told of a commit.")]
    public static partial void NotAnnounced(ILogger logger, Exception failure);
}
