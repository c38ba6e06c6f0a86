using FleetPlatform.ThingRegistry.Billing;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Provisioning;
using FleetPlatform.ThingRegistry.Things;
using FleetPlatform.ThingRegistry.Types;
using Npgsql;

namespace FleetPlatform.ThingRegistry;

/// <summary>The service's insides on a real PostgreSQL, with a clock that stands until it is moved.</summary>
public sealed class RegistryFixture : IAsyncLifetime
{
    PostgresDatabase _database = null!;
    NpgsqlDataSource _source = null!;

    internal static EventStoreOptions StoreOptions()
    {
        var options = new EventStoreOptions { EventTypes = EventNames.All };
        foreach (var table in (IInlineProjection[])[new ThingsTable(), new TypesTable(), new GroupsTable(), new BillingTable(), new PoliciesTable(), new PrincipalsTable(), new RegisteredKeysTable()])
            options.InlineProjections.Add(table);
        return options;
    }

    internal StandingClock Clock { get; } = new(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    internal EventStore Store { get; private set; } = null!;
    internal Registry Registry { get; private set; } = null!;
    internal ProvisioningReads Reads { get; private set; } = null!;
    internal Grants Grants { get; } = new(new ClaimPolicy(new Arn(new FleetOptions())));

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.Create();
        _source = EventStore.CreateDataSource(_database.ConnectionString);
        Store = new(_source, StoreOptions(), Clock);
        await Store.EnsureSchemaAsync(TestContext.Current.CancellationToken);
        Registry = new(Store, Clock);
        Reads = new(Registry);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _source.DisposeAsync();
        await _database.DisposeAsync();
    }

    internal async Task<ApplyProvisioningAnswer> Apply(Contracts.ThingRegistry.ApplyProvisioning item)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var state = (await Reads.Load([item], cancellation))[0];
        return await Provisioning.ApplyProvisioning.Handle(item, state, Registry, Reads, Grants, cancellation);
    }

    internal async Task<PrincipalGrant?> FindGrant(string certificateId) =>
        (await Grants.Find(Registry.Database, [certificateId], TestContext.Current.CancellationToken)).GetValueOrDefault(certificateId);

    internal async Task<IReadOnlyList<string>> Recorded(StreamId stream) =>
        [.. (await Store.FetchStreamAsync(stream, cancellation: TestContext.Current.CancellationToken)).Select(recorded => recorded.Type)];

    internal async Task CreatePolicy(string name, string? document = null) =>
        (await Policies.CreatePolicy.Handle(A.Policy(name, document), Registry, TestContext.Current.CancellationToken)).Refusal.ShouldBeNull();
}

sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    DateTimeOffset _now = now;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
