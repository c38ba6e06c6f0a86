using System.Collections.Concurrent;
using System.Threading.Channels;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>Notices that the bus was away: an endpoint becomes ready a second time.</summary>
sealed class BusReturns : IReceiveEndpointObserver
{
    readonly HashSet<Uri> _seen = [];
    readonly Lock _gate = new();
    readonly Channel<bool> _returns = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ChannelReader<bool> Reader => _returns.Reader;

    public Task Ready(ReceiveEndpointReady ready)
    {
        lock (_gate)
            if (!_seen.Add(ready.InputAddress)) _returns.Writer.TryWrite(true);
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
}

/// <summary>
/// A command that was given while a gateway had lost the bus has reached nobody, and the device would wait for its deadline. After an
/// outage what is unanswered is given again; what comes twice is harmless.
/// </summary>
sealed class RepeatCommands(
    BusReturns returns, EventStore store, IBus bus, RotationSchedulerOptions options, TimeProvider clock, ILogger<RepeatCommands> log) : BackgroundService
{
    const int CommandsPerMessage = 256;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in returns.Reader.ReadAllAsync(stoppingToken))
        {
            await Task.Delay(options.RepeatCommandsAfter, clock, stoppingToken); // the gateways need a moment, too
            while (returns.Reader.TryRead(out var _)) { } // the other endpoints of the same outage
            try
            {
                var commands = await Unanswered(store, options.MaximumUnproven, clock.GetUtcNow(), stoppingToken);
                foreach (var some in commands.Chunk(CommandsPerMessage)) await bus.PublishInTime(new DeviceCommands { Items = some }, stoppingToken);
                Log.CommandsRepeated(log, commands.Count);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.TurnPostponed(log, failure.GetType().Name, failure.Message, Failures.IsTransient(failure) ? null : failure); // away again, and it will come back again
            }
        }
    }

    /// <summary>The commands that devices have not answered and still may.</summary>
    public static async Task<IReadOnlyList<DeviceCommand>> Unanswered(EventStore store, int limit, DateTimeOffset now, CancellationToken cancellation)
    {
        var waiting = new List<(string Thing, int Number)>();
        await using (var command = store.DataSource.CreateCommand("select thing_name, number from fleet_rotations where phase = 'commanded' and wake_at > $1 order by wake_at limit $2"))
        {
            command.Parameters.Add(Sql.Time(now));
            command.Parameters.Add(Sql.Number(limit));
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) waiting.Add((reader.GetString(0), reader.GetInt32(1)));
        }

        var commands = new ConcurrentBag<DeviceCommand>();
        await Concurrently.Each(waiting, async rotation =>
        {
            var given = (await store.FetchStreamAsync(Rotation.StreamOf(rotation.Thing, rotation.Number), cancellation: cancellation)).Select(recorded => recorded.Data);
            if (given.OfType<RotationCommanded>().LastOrDefault() is { } commanded) commands.Add(PublishCommands.Translate(commanded)); // the device may have reported since
        }, cancellation);
        return [.. commands];
    }
}
