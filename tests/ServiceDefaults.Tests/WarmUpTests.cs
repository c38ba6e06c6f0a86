using System.Net;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using FleetPlatform.RabbitKit;
using Microsoft.Extensions.DependencyInjection;

namespace FleetPlatform.ServiceDefaults.Tests;

public sealed class WarmUpTests
{
    [Fact]
    public async Task A_service_is_ready_when_it_is_warm_and_not_before()
    {
        var gate = new TaskCompletionSource();
        await using var host = await Start(new Step(_ => gate.Task));

        var cold = await host.Http.GetAsync("/health");
        cold.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await cold.Content.ReadAsStringAsync()).ShouldContain("Warming up.");

        gate.SetResult();
        await Eventually.Is(async () => (await host.Http.GetAsync("/health")).StatusCode == HttpStatusCode.OK, "it is warm");
    }

    [Fact]
    public async Task What_cannot_be_gone_through_keeps_nobody_waiting()
    {
        await using var host = await Start(new Step(_ => throw new InvalidOperationException("no")));
        await Eventually.Is(async () => (await host.Http.GetAsync("/health")).StatusCode == HttpStatusCode.OK, "the others are gone through");
    }

    [Fact]
    public async Task Warming_up_leaves_no_event()
    {
        await using var database = await PostgresDatabase.Create();
        await using var host = await TestHost.Start("warm", builder =>
        {
            builder.AddFleetEventStore("warm-db", new EventTypes().Map<Noted>("note.noted.v1"));
            builder.AddFleetBus("warm");
        }, ("ConnectionStrings:bus", await RabbitMqServer.TakeVirtualHost()), ("ConnectionStrings:warm-db", database.ConnectionString));
        await Eventually.Is(async () => (await host.Http.GetAsync("/health")).StatusCode == HttpStatusCode.OK, "it is warm");

        await host.Get<IWarmUp>().WarmUp(default); // throws when a way is not there to be gone
        (await database.Scalar<long>("select count(*) from mt_events")).ShouldBe(0);
        (await database.Scalar<long>("select count(*) from mt_streams")).ShouldBe(0);
    }

    static async Task<TestHost> Start(IWarmUp step) => await TestHost.Start("warm", builder =>
    {
        builder.Services.AddSingleton(step);
        builder.AddFleetBus("warm");
    }, ("ConnectionStrings:bus", await RabbitMqServer.TakeVirtualHost()));

    sealed record Noted(string Text);

    sealed class Step(Func<CancellationToken, Task> go) : IWarmUp
    {
        public Task WarmUp(CancellationToken cancellation) => go(cancellation);
    }
}
