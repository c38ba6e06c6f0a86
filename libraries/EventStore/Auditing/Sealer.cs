using FleetPlatform.Events.Auditing;
using FleetPlatform.Events.Subscriptions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FleetPlatform.Events;

/// <summary>
/// Hangs every event into the store's hash chain, a moment behind the appends, which never wait for it. The schema must be there first. Replicas take turns;
/// see <see cref="ChainVerifier"/> for what the chain is good for.
/// </summary>
public sealed class Sealer : BackgroundService
{
    static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    const string ReadLast = "select number, last_sequence, hash from fleet_seals order by number desc limit 1";

    const string ReadEvents = $"select {SealedEvent.Columns} from mt_events e where e.seq_id > $1 and e.seq_id <= $2 order by e.seq_id limit $3";

    const string Insert = $"insert into fleet_seals ({Seal.Columns}) values ($1, $2, $3, $4, $5, $6)";

    const string OldestUnsealed = """
        select timestamp from mt_events where seq_id > coalesce((select last_sequence from fleet_seals order by number desc limit 1), 0) order by seq_id limit 1
        """;

    static readonly DateTimeOffset PostgresEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly EventStore _store;
    readonly SealOptions _options;
    readonly ILogger _logger;
    readonly WakeUp _wakeUp = new();
    readonly Frontier _frontier = new();
    readonly Digest _digest = new();

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Sealer(EventStore store, SealOptions? options = null, ILogger<Sealer>? logger = null)
    {
        (_store, _options, _logger) = (store, options ?? new(), logger ?? NullLogger<Sealer>.Instance);
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaximumEvents, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaximumEvents, 10_000, nameof(options));
    }

    /// <summary>Age of the oldest event that is in no seal; zero when there is none.</summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public async Task<TimeSpan> FindLag(CancellationToken cancellation = default)
    {
        try
        {
            await using var command = _store.DataSource.CreateCommand(OldestUnsealed);
            await using var row = await command.ExecuteReaderAsync(cancellation);
            if (!await row.ReadAsync(cancellation)) return TimeSpan.Zero;
            var behind = _store.Clock.GetUtcNow() - row.GetFieldValue<DateTimeOffset>(0);
            return behind > TimeSpan.Zero ? behind : TimeSpan.Zero;
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            throw new EventStoreUnavailableException("The lag of the seals cannot be read at the moment.", failure);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _wakeUp.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _store.Commits.Listen(_wakeUp.Ring);
        try
        {
            await Task.Yield(); // the start of the service does not wait for the first seal
            while (true)
            {
                var heldBack = await TrySeal(stoppingToken);
                if (!heldBack) await _wakeUp.Wait(_options.PollInterval, stoppingToken);
                await Task.Delay(_options.Linger, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; what is not sealed yet is sealed after the next start.
        }
        finally
        {
            _store.Commits.Forget(_wakeUp.Ring);
        }
    }

    async Task<bool> TrySeal(CancellationToken stopping)
    {
        try
        {
            await using var turn = await Leadership.TryTake(_store.DataSource, "fleet.seals", stopping);
            return turn is not null && await SealAll(turn.Connection, stopping);
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            SealerLog.Failed(_logger, failure, RetryDelay);
            await Task.Delay(RetryDelay, stopping);
            return true;
        }
    }

    // Whether events wait for a transaction that has not ended.
    async Task<bool> SealAll(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var last = await FindLast(connection, cancellation);
        var (safe, heldBack) = await _frontier.Advance(connection, cancellation);
        while (await Read(connection, last.Sequence, safe, cancellation) is { Events.Count: > 0 } read)
        {
            var now = _store.Clock.GetUtcNow();
            var seal = new Seal(last.Number + 1, last.Sequence, read.Events[^1].Sequence, SealedEvent.Write(read.Events),
                (now - PostgresEpoch).Ticks / TimeSpan.TicksPerMicrosecond, []);
            seal = seal with { Hash = seal.Recompute(last.Hash, _digest) };
            await Write(connection, seal, cancellation);
            last = (seal.Number, seal.LastSequence, seal.Hash);
            Telemetry.Sealed.Add(read.Events.Count);
            Telemetry.SealLatency.Record((now - read.Oldest).TotalSeconds);
        }

        return heldBack;
    }

    static async Task<(long Number, long Sequence, byte[] Hash)> FindLast(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(ReadLast, connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? (row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)) : (0, 0, Seal.Origin);
    }

    async Task<(List<SealedEvent> Events, DateTimeOffset Oldest)> Read(NpgsqlConnection connection, long after, long until, CancellationToken cancellation)
    {
        var (events, oldest) = (new List<SealedEvent>(), DateTimeOffset.MaxValue);
        if (until <= after) return (events, oldest);
        await using var command = new NpgsqlCommand(ReadEvents, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = until });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _options.MaximumEvents });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation))
        {
            if (events.Count == 0) oldest = row.GetFieldValue<DateTimeOffset>(7);
            events.Add(SealedEvent.Read(row, _digest));
        }

        return (events, oldest);
    }

    static async Task Write(NpgsqlConnection connection, Seal seal, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Insert, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seal.Number });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seal.AfterSequence });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seal.LastSequence });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = seal.Content });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = PostgresEpoch.AddTicks(seal.At * TimeSpan.TicksPerMicrosecond) });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = seal.Hash });
        await command.ExecuteNonQueryAsync(cancellation); // on the number: should two write at once, one is refused and comes again
    }
}

static partial class SealerLog
{
    [LoggerMessage(1201, LogLevel.Warning, "Events could not be sealed; again in {Delay}.")]
    public static partial void Failed(ILogger logger, Exception failure, TimeSpan delay);
}
