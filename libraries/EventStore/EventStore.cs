using FleetPlatform.Events.Projections;
using FleetPlatform.Events.Reading;
using FleetPlatform.Events.Schema;
using FleetPlatform.Events.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FleetPlatform.Events;

/// <summary>
/// Streams of events in a PostgreSQL database, in Marten's tables. Thread-safe; one per process and database. Sessions of the process that save at
/// the same time are committed together.
/// </summary>
public sealed partial class EventStore : IAsyncDisposable
{
    readonly EventStoreOptions _options;
    readonly TimeProvider _clock;
    readonly GroupCommit _commits;
    readonly EventReader _reader;
    readonly StreamGates _gates = new();

    /// <summary>Opens a store. Nothing is connected before the first call; see <see cref="EnsureSchemaAsync"/>.</summary>
    /// <param name="dataSource">Best made by <see cref="CreateDataSource"/>; stays the caller's to dispose.</param>
    /// <param name="options">Not to be changed afterwards.</param>
    /// <param name="clock">Stamps events; the system's when null.</param>
    /// <param name="logger">Hears of conflicts, outages and rebuilds; nobody when null.</param>
    public EventStore(NpgsqlDataSource dataSource, EventStoreOptions options, TimeProvider? clock = null, ILogger<EventStore>? logger = null)
    {
        DataSource = dataSource;
        _options = options;
        _clock = clock ?? TimeProvider.System;
        Logger = logger ?? NullLogger<EventStore>.Instance;
        Commits = new(dataSource, options, Logger);
        _commits = new(dataSource, options, _clock, Commits, Logger);
        _reader = new(dataSource, options.EventTypes);
    }

    /// <summary>The database, for a service's own read tables. Not for writing to the store's tables.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>The events this store knows.</summary>
    public EventTypes EventTypes => _options.EventTypes;

    internal CommitSignal Commits { get; }

    internal ILogger Logger { get; }

    internal EventStoreOptions Options => _options;

    internal TimeProvider Clock => _clock;

    internal EventReader Reader => _reader;

    /// <summary>A data source with the settings the store is fastest and safest with: statements prepared by themselves, short time-outs.</summary>
    /// <param name="connectionString">Settings named in it win; its <c>Options</c> are added to the store's, and win too.</param>
    /// <param name="loggerFactory">Where Npgsql logs; nowhere when null.</param>
    public static NpgsqlDataSource CreateDataSource(string connectionString, ILoggerFactory? loggerFactory = null)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var settings = new NpgsqlConnectionStringBuilder
        {
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = 10,
            KeepAlive = 30,
            MaxPoolSize = 32,
        };
        foreach (var key in given.Keys) settings[key] = given[key];
        // Compiling a plan takes a hundred times what a statement of the store takes, and a server's default does it. That default also takes pages for those of a turning
        // disk, and keeps to reading a table whole, which was small when the plan was made, long after it has grown.
        settings.Options = $"-c jit=off -c random_page_cost=1.1 {given.Options}".TrimEnd();

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (loggerFactory is not null) builder.UseLoggerFactory(loggerFactory);
        return builder.Build();
    }

    /// <summary>Begins a unit of work over one or several streams. Costs nothing until it fetches or saves.</summary>
    /// <param name="metadata">Recorded with every event of the session; the trace is added from the current activity.</param>
    public EventSession OpenSession(EventMetadata? metadata = null) => new(this, metadata ?? EventMetadata.None);

    /// <summary>Folds a stream.</summary>
    /// <returns><c>TAggregate.Initial</c> when the stream does not exist.</returns>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public async Task<TAggregate> AggregateStreamAsync<TAggregate, TEvent>(StreamId id, CancellationToken cancellation = default)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        (await _reader.Fold<TAggregate, TEvent>(id, cancellation)).Aggregate;

    /// <summary>Folds a stream whose events are at hand.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="events">Its events from the first one on, in order.</param>
    public static Fetched<TAggregate> Fold<TAggregate, TEvent>(StreamId id, IEnumerable<RecordedEvent> events)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        EventReader.Fold<TAggregate, TEvent>(id, events);

    /// <summary>Folds several streams in one round trip.</summary>
    /// <returns>One entry per id, in the order asked.</returns>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<Fetched<TAggregate>>> FetchAsync<TAggregate, TEvent>(
        IReadOnlyList<StreamId> ids, CancellationToken cancellation = default)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class =>
        _reader.Fold<TAggregate, TEvent>(ids, cancellation);

    /// <summary>Reads a stream's events in order.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="fromVersion">First version wanted, from 1.</param>
    /// <param name="limit">Most events returned, 1 to 10,000.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>Empty when there is no such stream or version.</returns>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<RecordedEvent>> FetchStreamAsync(
        StreamId id, long fromVersion = 1, int limit = 1000, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 10_000);
        return _reader.Read(id, fromVersion, limit, cancellation);
    }

    /// <summary>
    /// Brings the database to this version's schema, projections' tables included, and fills inline projections that are new to it. Safe while
    /// several replicas start at once.
    /// </summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task EnsureSchemaAsync(CancellationToken cancellation = default) => new Migrator(this).Run(cancellation);

    /// <summary>
    /// Empties an inline projection's tables and fills them from all events, in one transaction: readers see the old rows until it ends, appends
    /// wait (and may time out).
    /// </summary>
    /// <exception cref="ArgumentException">The store has no inline projection of that name.</exception>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public async Task RebuildAsync(string projectionName, CancellationToken cancellation = default)
    {
        var projection = _options.InlineProjections.FirstOrDefault(projection => projection.Name == projectionName)
            ?? throw new ArgumentException($"There is no inline projection \"{projectionName}\".", nameof(projectionName));
        try
        {
            await using var connection = await Outage.Open(DataSource, cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await Rebuild.Run(connection, EventTypes, [projection], cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            throw new EventStoreUnavailableException($"The projection \"{projectionName}\" could not be rebuilt.", failure);
        }
    }

    internal Task Save(PendingAppend append, CancellationToken cancellation) => _commits.Save(append, cancellation);

    /// <summary>Commits what is queued, then closes the store's connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _commits.DisposeAsync();
        await Commits.DisposeAsync();
    }
}

/// <summary>A folded stream.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Aggregate">Its state; <c>Initial</c> when it does not exist.</param>
/// <param name="Version">Version of its last event; 0 when it does not exist.</param>
public sealed record Fetched<TAggregate>(StreamId Id, TAggregate Aggregate, long Version);
