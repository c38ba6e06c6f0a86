using System.Collections.Concurrent;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.MqttGateway.Tests.Kit;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Rotation;

/// <summary>Real connections and a bus of which this test says what becomes of a message.</summary>
public sealed class PublishNewsTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    async Task<string> Connects(string thing)
    {
        var certificate = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Allow("iot:*", "*")) with
        {
            Things = [new() { ThingName = thing, Attributes = new Dictionary<string, string>() }],
            WatchUntil = TimeProvider.System.GetUtcNow().AddDays(1),
        });
        await using var connection = await _gateway.Connect(certificate, thing);
        return certificate.Id;
    }

    PublishNews Publisher(IBus bus) => new(_gateway.Get<RotationNews>(), bus, _gateway.Get<GatewayMetrics>(), TimeProvider.System, NullLogger<PublishNews>.Instance);

    static async Task<HealthStatus> HealthOf(PublishNews publisher) => (await new PublishNewsHealth(publisher).CheckHealthAsync(new(), Cancellation)).Status;

    [Fact]
    public async Task News_that_cannot_be_published_is_lost_and_counted_and_nothing_else_is()
    {
        using var lost = new Counted(_gateway, "fleet.gateway.lost_records");
        var (before, bad, beside) = (await Connects("SN-before"), await Connects("SN-bad"), await Connects("SN-beside")); // one message
        await using var bus = await NewsBus.Start(use => use.CertificateId == bad ? new NotSupportedException("not this one") : null);
        using var publisher = Publisher(bus.Bus);
        await publisher.StartAsync(Cancellation);
        await Eventually.Is(() => bus.Heard.Contains(beside));

        var after = await Connects("SN-after");
        await Eventually.Is(() => bus.Heard.Contains(after));

        bus.Heard.ShouldBe([before, beside, after]);
        lost["rotation-failed"].ShouldBe(1);
        publisher.ExecuteTask!.IsCompleted.ShouldBeFalse();
        await publisher.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_failure_that_nobody_foresaw_and_that_ends_loses_nothing_and_shows_while_it_lasts()
    {
        using var lost = new Counted(_gateway, "fleet.gateway.lost_records");
        var id = await Connects("SN-unlucky");
        var (failures, mayGoOn) = (0, new TaskCompletionSource());
        await using var bus = await NewsBus.Start(
            _ => Interlocked.Increment(ref failures) < 3 ? new InvalidOperationException("no reason known") : null, () => failures == 2 ? mayGoOn.Task : Task.CompletedTask);
        using var publisher = Publisher(bus.Bus);
        (await HealthOf(publisher)).ShouldBe(HealthStatus.Healthy);

        await publisher.StartAsync(Cancellation);

        await Eventually.Is(() => failures == 2);
        (await HealthOf(publisher)).ShouldBe(HealthStatus.Degraded);
        mayGoOn.SetResult();
        await Eventually.Is(() => bus.Heard.Contains(id));
        await Eventually.Is(async () => await HealthOf(publisher) == HealthStatus.Healthy);
        lost["rotation-failed"].ShouldBe(0);
        await publisher.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_bus_that_is_away_is_waited_for_longer_than_any_other_failure()
    {
        using var lost = new Counted(_gateway, "fleet.gateway.lost_records");
        var id = await Connects("SN-waits");
        var failures = 0;
        await using var bus = await NewsBus.Start(_ => Interlocked.Increment(ref failures) < 6 ? new TimeoutException("away") : null);
        using var publisher = Publisher(bus.Bus);

        await publisher.StartAsync(Cancellation);

        await Eventually.Is(() => bus.Heard.Contains(id));
        lost["rotation-failed"].ShouldBe(0);
        await publisher.StopAsync(Cancellation);
    }

    /// <summary>A bus in memory, asked before each message what becomes of it.</summary>
    sealed class NewsBus(IBusControl bus, Func<CertificateUse, Exception?> fail, Func<Task> hold) : IPublishObserver, IAsyncDisposable
    {
        public IBus Bus => bus;

        public ConcurrentQueue<string> Heard { get; } = new();

        public static async Task<NewsBus> Start(Func<CertificateUse, Exception?> fail, Func<Task>? hold = null)
        {
            var control = MassTransit.Bus.Factory.CreateUsingInMemory(_ => { });
            var bus = new NewsBus(control, fail, hold ?? (() => Task.CompletedTask));
            control.ConnectPublishObserver(bus);
            await control.StartAsync(Cancellation);
            return bus;
        }

        public async Task PrePublish<T>(PublishContext<T> context) where T : class
        {
            await hold();
            foreach (var use in ((CertificatesUsed)(object)context.Message).Items)
                if (fail(use) is { } failure) throw failure;
        }

        public Task PostPublish<T>(PublishContext<T> context) where T : class
        {
            foreach (var use in ((CertificatesUsed)(object)context.Message).Items) Heard.Enqueue(use.CertificateId);
            return Task.CompletedTask;
        }

        public Task PublishFault<T>(PublishContext<T> context, Exception exception) where T : class => Task.CompletedTask;

        public async ValueTask DisposeAsync() => await bus.StopAsync(CancellationToken.None);
    }
}
