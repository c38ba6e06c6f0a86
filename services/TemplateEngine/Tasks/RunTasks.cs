using System.Threading.Channels;
using FleetPlatform.ServiceDefaults;
using Npgsql;
using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>
/// Carries out bulk registrations, one at a time as on AWS, oldest first. What is open is read from the database, so a task that a crash interrupted goes on
/// wherever a replica runs; an advisory lock lets one replica work at it.
/// </summary>
sealed class RunTasks(RegisterLines lines, EventStore store, TemplateEngineOptions options, TimeProvider clock, ILogger<RunTasks> log) : BackgroundService
{
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is something to do.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOpen(stoppingToken);
                await TasksTable.Forget(clock.GetUtcNow() - options.RegistrationRetention, store.DataSource, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is EventStoreUnavailableException or ConcurrencyException or NpgsqlException or TimeoutException)
            {
                Log.TasksPostponed(log, failure.Message);
            }

            await Wait(stoppingToken);
        }
    }

    async Task RunOpen(CancellationToken stopping)
    {
        await using var connection = await store.DataSource.OpenConnectionAsync(stopping);
        if (!await Lock("pg_try_advisory_lock", connection, stopping)) return;
        try
        {
            while (await TasksTable.FindOpen(store.DataSource, stopping) is { } taskId)
            {
                while (await lines.NextPage(taskId, stopping))
                {
                }

                Log.TaskEnded(log, taskId);
            }
        }
        finally
        {
            // The pool keeps the session: the lock has to be given back by name. A broken connection has lost it already.
            if (connection.State == System.Data.ConnectionState.Open) await Lock("pg_advisory_unlock", connection, CancellationToken.None);
        }
    }

    static async Task<bool> Lock(string function, NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select {function}(hashtextextended('fleet.registration-tasks', 0))", connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    async Task Wait(CancellationToken stopping)
    {
        using var poll = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var timer = Task.Delay(options.RegistrationPoll, clock, poll.Token);
        await Task.WhenAny(timer, _wake.Reader.WaitToReadAsync(poll.Token).AsTask());
        await poll.CancelAsync();
        _wake.Reader.TryRead(out _);
    }
}
