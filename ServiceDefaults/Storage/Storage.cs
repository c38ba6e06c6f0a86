using FleetPlatform.Events;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FleetPlatform.ServiceDefaults;

/// <summary>The event store, as every service uses it.</summary>
public static class Storage
{
    /// <summary>
    /// Opens the event store of a connection string: its schema is brought up to date at start (waiting for PostgreSQL if need be),
    /// subscriptions run, events are sealed, and <c>/health</c> tells of the database and of what falls behind. Call it before
    /// <c>AddFleetBus</c>, so that the store stands before the first message.
    /// </summary>
    /// <param name="connection">Name of the connection string, for example <c>thing-registry-db</c>.</param>
    /// <param name="eventTypes">Every event the service records, under its pinned name.</param>
    /// <param name="configure">Projections, subscriptions and the subject index.</param>
    /// <exception cref="InvalidOperationException">The connection string is missing.</exception>
    public static void AddFleetEventStore(
        this IHostApplicationBuilder builder, string connection, EventTypes eventTypes, Action<FleetStoreBuilder>? configure = null)
    {
        var database = builder.Configuration.GetConnectionString(connection)
            ?? throw new InvalidOperationException($"ConnectionStrings:{connection} is not set: the service's PostgreSQL database.");
        var services = builder.Services;
        builder.AddOptions<StorageOptions>(StorageOptions.Section);

        var fleet = new FleetStoreBuilder(services);
        configure?.Invoke(fleet);

        services.AddSingleton(provider => EventStore.CreateDataSource(database, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => new EventStore(
            provider.GetRequiredService<NpgsqlDataSource>(), OptionsOf(fleet, eventTypes, provider),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<EventStore>>()));
        services.AddSingleton<SubjectIndex>();
        services.AddSingleton(provider => new SubscriptionRunner(
            provider.GetRequiredService<EventStore>(), provider.GetServices<ISubscription>(), fleet.Subscriptions,
            logger: provider.GetRequiredService<ILogger<SubscriptionRunner>>()));
        services.AddSingleton<ChainVerifier>();
        services.AddSingleton(provider => new Sealer(
            provider.GetRequiredService<EventStore>(), SealOptionsOf(provider.GetRequiredService<StorageOptions>()), provider.GetRequiredService<ILogger<Sealer>>()));

        services.AddSingleton<IWarmUp, WarmStoreAndBus>();
        services.AddHostedService<SchemaAtStart>();
        services.AddHostedService(provider => provider.GetRequiredService<SubscriptionRunner>());
        services.AddHostedService(provider => provider.GetRequiredService<Sealer>());
        services.AddHealthChecks().AddCheck<StoreHealth>("event-store", timeout: TimeSpan.FromSeconds(5));
    }

    /// <summary>Behind the bus, over which the authority is asked.</summary>
    internal static void AddWitness(IServiceCollection services)
    {
        services.AddSingleton<WitnessChain>();
        services.AddHostedService(provider => provider.GetRequiredService<WitnessChain>());
        services.AddHealthChecks().AddCheck<WitnessHealth>("witness");
    }

    static SealOptions SealOptionsOf(StorageOptions options) => new() { MaximumEvents = options.SealEvents, Linger = options.SealLinger };

    static EventStoreOptions OptionsOf(FleetStoreBuilder fleet, EventTypes eventTypes, IServiceProvider provider)
    {
        var options = new EventStoreOptions { EventTypes = eventTypes };
        foreach (var projection in fleet.Projections) options.InlineProjections.Add(projection(provider));
        if (fleet.Subjects.Count > 0) options.InlineProjections.Add(new SubjectsProjection(fleet.Subjects));
        fleet.Options.ForEach(configure => configure(options));
        return options;
    }
}

/// <summary>Holds the start until the schema is there. A database that is still starting, or not yet created, is waited for; then the start fails.</summary>
sealed class SchemaAtStart(EventStore store, StorageOptions options, TimeProvider clock, ILogger<SchemaAtStart> log) : IHostedService
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await store.EnsureSchemaAsync(cancellationToken);
                return;
            }
            catch (Exception failure) when (IsAway(failure) && clock.GetElapsedTime(began) < options.StartTimeout)
            {
                Log.WaitingForDatabase(log, failure.GetType().Name);
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static bool IsAway(Exception failure) =>
        failure is EventStoreUnavailableException or PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName };
}

/// <summary>Is the database there, and do the subscriptions and the seals keep up?</summary>
sealed class StoreHealth(SubscriptionRunner runner, Sealer sealer, StorageOptions options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var lags = await runner.FindLags(cancellationToken);
            var worst = lags.Count == 0 ? null : lags.MaxBy(lag => lag.Behind);
            if (worst is null || worst.Behind < options.DegradedLag) return await CheckSeals(cancellationToken);

            var detail = $"{worst.Name} is {worst.Behind.TotalSeconds:0} s behind.";
            return worst.Behind < options.UnhealthyLag ? HealthCheckResult.Degraded(detail) : HealthCheckResult.Unhealthy(detail);
        }
        catch (EventStoreUnavailableException)
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }

    async Task<HealthCheckResult> CheckSeals(CancellationToken cancellation)
    {
        var behind = await sealer.FindLag(cancellation);
        return behind < options.SealLag ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded($"Events have been waiting for their seal for {behind.TotalSeconds:0} s.");
    }
}
