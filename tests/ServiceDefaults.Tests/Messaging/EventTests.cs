using FleetPlatform.RabbitKit;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace FleetPlatform.ServiceDefaults.Tests.Messaging;

public sealed class EventTests
{
    [Fact]
    public async Task One_replica_of_a_service_takes_each_event()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var first = await Service(bus, fleet => fleet.AddEventConsumer<HappenedConsumer>());
        await using var second = await Service(bus, fleet => fleet.AddEventConsumer<HappenedConsumer>());

        foreach (var number in Enumerable.Range(0, 100)) await first.Get<IBus>().Publish(new Happened { Number = number });

        await Eventually.Is(() => Numbers(first).Count + Numbers(second).Count >= 100, "all are taken");
        Numbers(first).Concat(Numbers(second)).Order().ShouldBe(Enumerable.Range(0, 100));
        Numbers(first).ShouldNotBeEmpty();
        Numbers(second).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Every_replica_takes_an_event_for_each_instance()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var first = await Service(bus, fleet => fleet.AddPerInstanceConsumer<HappenedConsumer>());
        await using var second = await Service(bus, fleet => fleet.AddPerInstanceConsumer<HappenedConsumer>());

        await first.Get<IBus>().Publish(new Happened { Number = 7 });

        await Eventually.Is(() => Numbers(first).Contains(7) && Numbers(second).Contains(7), "both have it");
    }

    [Fact]
    public async Task Events_for_each_instance_are_heard_again_after_the_broker_has_restarted()
    {
        await using var rabbit = await RabbitMqServer.Start();
        var bus = rabbit.NextVirtualHost();
        await using var service = await Service(bus, fleet => fleet.AddPerInstanceConsumer<HappenedConsumer>());
        await using var publisher = await Service(bus, _ => { });

        await rabbit.Stop();
        await rabbit.Run();

        // More than once: whoever is not back yet misses it, which is why gateways look up what they missed.
        await Eventually.Holds(async () =>
        {
            await publisher.Get<IBus>().PublishInTime(new Happened { Number = 7 }, CancellationToken.None);
            Numbers(service).ShouldContain(7);
        });
    }

    [Fact]
    public async Task A_transient_failure_is_tried_again_and_succeeds()
    {
        await using var service = await Service(await RabbitMqServer.TakeVirtualHost(), fleet => fleet.AddEventConsumer<HappenedConsumer>());
        var tries = 0;
        service.Get<Seen>().Before = _ => Interlocked.Increment(ref tries) < 3 ? throw new TimeoutException() : Task.CompletedTask;

        await service.Get<IBus>().Publish(new Happened { Number = 1 });

        await Eventually.Is(() => Numbers(service).Contains(1), "the third try succeeds");
        tries.ShouldBe(3);
    }

    [Theory]
    [InlineData(true, 4)]  // transient: the first and three more
    [InlineData(false, 1)] // a defect does not pass by itself
    public async Task What_cannot_be_done_goes_to_the_error_queue(bool transient, int expectedTries)
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var service = await Service(bus, fleet => fleet.AddEventConsumer<HappenedConsumer>());
        var tries = 0;
        service.Get<Seen>().Before = _ =>
        {
            Interlocked.Increment(ref tries);
            throw transient ? new TimeoutException() : new InvalidOperationException("defect");
        };

        await service.Get<IBus>().Publish(new Happened { Number = 1 });

        await Eventually.Is(async () => await Waiting(bus, "events-happened_error") == 1, "it is in the error queue");
        tries.ShouldBe(expectedTries);
        (await Waiting(bus, "events-happened")).ShouldBe(0u);
    }

    static async Task<uint> Waiting(string bus, string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            return await channel.MessageCountAsync(queue);
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return 0; // not there yet
        }
    }

    static System.Collections.Concurrent.ConcurrentQueue<int> Numbers(TestHost host) => host.Get<Seen>().Numbers;

    static Task<TestHost> Service(string bus, Action<FleetBusBuilder> configure) => TestHost.Start("events", builder =>
        {
            builder.Services.AddSingleton<Seen>();
            builder.AddFleetBus("events", configure);
        },
        ("ConnectionStrings:bus", bus), ("Messaging:EventRetries", "3"),
        ("Messaging:EventRetryMinimum", "00:00:00.020"), ("Messaging:EventRetryMaximum", "00:00:00.100"));
}
