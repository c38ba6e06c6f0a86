using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.ServiceDefaults.Tests.Storage;

/// <summary>A store whose chain is signed by an authority elsewhere.</summary>
public sealed class WitnessChainTests
{
    [Fact]
    public async Task A_chain_that_was_written_anew_is_noticed_and_one_that_is_put_back_is_forgiven()
    {
        await using var database = await PostgresDatabase.Create();
        await using var store = new EventStore(database.DataSource, new() { EventTypes = new EventTypes().Map<Told>("story.told.v1") });
        await store.EnsureSchemaAsync();
        using var service = new FleetService("teller");
        using var sealer = new Sealer(store, new() { MaximumEvents = 2, Linger = TimeSpan.FromMilliseconds(5) });
        var authority = new StandInAuthority();
        using var witness = new WitnessChain(new(store), authority, service, new(), TimeProvider.System, NullLogger<WitnessChain>.Instance);
        await sealer.StartAsync(default);
        await Tells(store, 5);

        await witness.Turn(default);
        (authority.Last.Seal, witness.Fault).ShouldBe((3, null));
        await database.Execute("create table kept as select * from fleet_seals; update mt_events set user_name = 'somebody else' where seq_id = 1; truncate fleet_seals");
        await Tells(store, 1);
        await witness.Turn(default);
        witness.Fault!.ShouldContain("does not run through seal 3");
        (await new WitnessHealth(witness).CheckHealthAsync(new())).Status.ShouldBe(HealthStatus.Degraded);
        authority.Last.Seal.ShouldBe(3, "nothing is signed");

        await sealer.StopAsync(default);
        await database.Execute("truncate fleet_seals; insert into fleet_seals select * from kept");
        await witness.Turn(default);
        witness.Fault.ShouldBeNull();
    }

    static async Task Tells(EventStore store, int stories)
    {
        for (var i = 0; i < stories; i++)
        {
            var session = store.OpenSession(new() { Actor = "tester" });
            session.StartStream(StreamId.Of("story", Guid.CreateVersion7().ToString("N")), new Told("once upon a time"));
            await session.SaveChangesAsync();
        }

        await Eventually.Is(async () => (await new ChainVerifier(store).FindState()).UnsealedEvents == 0);
    }

    sealed record Told(string Text);

    /// <summary>Signs as the real one does, without a signature.</summary>
    sealed class StandInAuthority : IAsk
    {
        public WitnessedHead Last { get; private set; } = new() { Seal = 0, Hash = new byte[32], SubjectPublicKeyInfo = [] };

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class
        {
            if (request is WitnessHead head && head.FormerSeal == Last.Seal && head.FormerHash.SequenceEqual(Last.Hash)) Last = Last with { Seal = head.Seal, Hash = head.Hash };
            return Task.FromResult(new Answer<TAnswer>((TAnswer)(object)Last, null));
        }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);
    }
}
