using System.Net;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using FleetPlatform.RabbitKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FleetPlatform.ServiceDefaults.Tests.Storage;

public sealed class StorageTests
{
    [Fact]
    public async Task Streams_are_found_by_the_subjects_their_events_name()
    {
        await using var database = await PostgresDatabase.Create();
        await using var host = await Store(database.ConnectionString);
        await Record(host, "first", "SN-1", "flow-1");
        await Record(host, "second", "SN-1", "flow-2");
        await Record(host, "third", "SN-3", "");

        var index = host.Get<SubjectIndex>();

        (await index.FindStreams(["SN-1"])).Select(stream => stream.Value).ShouldBe(["story-first", "story-second"]);
        (await index.FindStreams(["flow-2", "SN-3", "unknown"])).Select(stream => stream.Value).ShouldBe(["story-second", "story-third"]);
        (await index.FindStreams([""])).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_comes_late_is_waited_for()
    {
        await using var database = await PostgresDatabase.Create();
        var late = $"late_{Guid.CreateVersion7():N}";
        var starting = Store(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = late }.ConnectionString);
        await database.Execute($"create database {late}");

        await using (var host = await starting) await Record(host, "first", "SN-1");

        await database.Execute($"drop database {late} with (force)");
    }

    [Fact]
    public async Task A_database_that_never_comes_fails_the_start() =>
        await Should.ThrowAsync<EventStoreUnavailableException>(
            Store("Host=127.0.0.1;Port=1;Username=nobody", ("Storage:StartTimeout", "00:00:01")));

    [Fact]
    public async Task A_subscription_that_falls_behind_is_seen_in_the_health()
    {
        await using var database = await PostgresDatabase.Create();
        await using var host = await Store(database.ConnectionString, ("Storage:DegradedLag", "00:00:00.050"), ("Storage:UnhealthyLag", "00:00:00.100"));
        (await host.Http.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await Record(host, "stuck", "SN-1");

        await Eventually.Is(async () => (await host.Http.GetAsync("/health")).StatusCode == HttpStatusCode.ServiceUnavailable, "the lag is seen");
        (await host.Http.GetStringAsync("/alive")).ShouldContain("Healthy");
    }

    [Fact]
    public async Task Operators_read_streams_and_steps_over_the_bus()
    {
        await using var database = await PostgresDatabase.Create();
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var host = await TestHost.Start("teller", builder =>
        {
            builder.AddFleetEventStore("teller-db", new EventTypes().Map<Told>("story.told.v1"));
            builder.Services.AddSingleton<IFlowSteps, ManySteps>();
            builder.AddFleetBus("teller");
        }, ("ConnectionStrings:bus", bus), ("ConnectionStrings:teller-db", database.ConnectionString), ("Storage:SealLinger", "00:00:00.010"));
        await Record(host, "first", "SN-1");
        var ask = host.Get<IAsk>();

        var stream = await ask.AskService<ReadStream, StreamRead>("teller", new ReadStream { StreamId = "story-first" });
        var nonsense = await ask.AskService<ReadStream, StreamRead>("teller", new ReadStream { StreamId = "nonsense" });
        var steps = await ask.AskService<FindFlowSteps, FlowStepsFound>("teller", new FindFlowSteps { Subjects = ["SN-1"] });
        var none = await ask.AskService<FindFlowSteps, FlowStepsFound>("teller", new FindFlowSteps { Subjects = [] });

        var recorded = stream.Value!.Events.ShouldHaveSingleItem();
        (recorded.Type, recorded.Version, recorded.Actor).ShouldBe(("story.told.v1", 1, "tester"));
        recorded.Data.ShouldContain("SN-1");
        await Eventually.Is(async () => (await ask.AskService<FindChainEnd, ChainEnd>("teller", new())).Value is { Seal: 1, UnsealedEvents: 0 });
        var verified = (await ask.AskService<VerifyEvents, EventsVerified>("teller", new())).Value!;
        (verified.Events, verified.Seal, verified.More, verified.Findings.Count).ShouldBe((1, 1, false, 0));
        (await ask.AskService<VerifyEvents, EventsVerified>("teller", new() { AfterSeal = 1, AfterHash = "nonsense" })).Refused!.Code.ShouldBe(Reasons.InvalidRequest.Code);
        nonsense.Refused!.Code.ShouldBe(Reasons.InvalidRequest.Code);
        steps.Value!.Steps.Count.ShouldBe(500);
        steps.Value.Steps[^1].Step.ShouldBe("step 599"); // the newest are kept, oldest first
        none.Refused!.Code.ShouldBe(Reasons.InvalidRequest.Code);
    }

    static async Task Record(TestHost host, string key, params string[] subjects)
    {
        var session = host.Get<EventStore>().OpenSession(new() { Actor = "tester" });
        session.StartStream(StreamId.Of("story", key), new Told(subjects));
        await session.SaveChangesAsync();
    }

    static Task<TestHost> Store(string connectionString, params (string, string)[] settings) => TestHost.Start("teller",
        builder => builder.AddFleetEventStore("teller-db", new EventTypes().Map<Told>("story.told.v1"),
            store => store.IndexSubjects(recorded => ((Told)recorded.Data).Subjects).Subscribe<Stuck>()),
        [("ConnectionStrings:teller-db", connectionString), .. settings]);

    sealed record Told(string[] Subjects);

    sealed class Stuck : ISubscription
    {
        public string Name => "teller.stuck";

        public Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation) =>
            batch.Any(recorded => recorded.StreamId.Key == "stuck") ? throw new InvalidOperationException("stuck") : Task.CompletedTask;
    }

    sealed class ManySteps : IFlowSteps
    {
        public Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<FlowStep>>([.. Enumerable.Range(0, 600).Reverse().Select(number => new FlowStep
            {
                Service = "teller", Step = $"step {number}", At = DateTimeOffset.UnixEpoch.AddSeconds(number), StreamId = "story-first",
            })]);
    }
}
