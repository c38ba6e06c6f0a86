using System.Net;
using FleetPlatform.Contracts;
using FleetPlatform.RabbitKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace FleetPlatform.ServiceDefaults.Tests.Messaging;

public sealed class AskTests
{
    static readonly CancellationToken None = CancellationToken.None;
    [Fact]
    public async Task A_request_is_answered_or_refused()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var greeter = await Greeter(bus);
        await using var asker = await Asker(bus);

        var greeted = await asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "device" }, None);
        var refused = await asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "" }, None);

        greeted.ShouldBe(new(new Greeting { Text = "Hello device" }, null));
        refused.Value.ShouldBeNull();
        refused.Refused!.Code.ShouldBe(Reasons.InvalidRequest.Code);
    }

    [Fact]
    public async Task A_failure_is_answered_at_once_as_a_refusal()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var greeter = await Greeter(bus);
        await using var asker = await Asker(bus);

        greeter.Get<Seen>().Before = _ => throw new TimeoutException();
        var unavailable = await asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "device" }, None);
        greeter.Get<Seen>().Before = _ => throw new InvalidOperationException("secret detail");
        var defect = await asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "device" }, None);

        unavailable.Refused!.Code.ShouldBe(Reasons.Unavailable.Code);
        defect.Refused!.Code.ShouldBe(Reasons.Internal.Code);
        defect.Refused.Detail.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Nobody_there_is_unavailable_within_the_timeout()
    {
        await using var asker = await Asker(await RabbitMqServer.TakeVirtualHost(), "00:00:00.300");

        await Should.ThrowAsync<RequestUnavailableException>(asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "device" }, None).WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task A_request_whose_asker_has_gone_is_dropped()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var asker = await Asker(bus, "00:00:01");
        await (await Greeter(bus)).DisposeAsync(); // its queue stays

        await Should.ThrowAsync<RequestUnavailableException>(asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "late" }, None));
        await using (var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
            await Eventually.Is(async () => await channel.MessageCountAsync("greet") == 0, "the request has expired"); // its time counts from when it was sent, later than it was asked

        await using var greeter = await Greeter(bus);
        var served = new List<int>();
        greeter.Get<Seen>().Before = length =>
        {
            lock (served) served.Add(length);
            return Task.CompletedTask;
        };
        await using var second = await Asker(bus);
        await second.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "x" }, None);

        served.ShouldBe([1]); // "late" was never served
    }

    [Fact]
    public async Task A_request_whose_service_ended_midway_is_not_served_again()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await (await Greeter(bus)).DisposeAsync(); // its queue stays
        await using var asker = await Asker(bus, "00:01:00");
        var asked = asker.Get<IAsk>().Ask<Greet, Greeting>(new Greet { Name = "device" }, None);
        await using (var connection = await new ConnectionFactory { Uri = new Uri(bus) }.CreateConnectionAsync())
        {
            await using var channel = await connection.CreateChannelAsync();
            await Eventually.Is(async () => await channel.BasicGetAsync("greet", autoAck: false) is not null, "a service has taken it");
        } // and died with it

        await using var greeter = await Greeter(bus);
        var again = 0;
        greeter.Get<Seen>().Before = _ => Task.FromResult(Interlocked.Increment(ref again));

        (await asked).Refused!.Code.ShouldBe(Reasons.Unavailable.Code); // ask again: nobody knows how far it came
        again.ShouldBe(0);
    }

    [Fact]
    public async Task A_lost_broker_fails_asks_in_time_and_is_found_again()
    {
        await using var rabbit = await RabbitMqServer.Start();
        var bus = rabbit.NextVirtualHost();
        await using var greeter = await Greeter(bus);
        await using var asker = await Asker(bus, "00:00:01");
        var ask = asker.Get<IAsk>();
        await Eventually.Holds(() => ask.Ask<Greet, Greeting>(new Greet { Name = "before" }, None));

        await rabbit.Stop();
        await Should.ThrowAsync<RequestUnavailableException>(ask.Ask<Greet, Greeting>(new Greet { Name = "during" }, None).WaitAsync(Eventually.Patience));
        await Eventually.Is(async () => (await asker.Http.GetAsync("/health")).StatusCode == HttpStatusCode.ServiceUnavailable, "the loss is seen");
        (await asker.Http.GetAsync("/alive")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await rabbit.Run();
        await Eventually.Is(async () =>
        {
            try
            {
                return (await ask.Ask<Greet, Greeting>(new Greet { Name = "after" }, None)).Value is not null;
            }
            catch (RequestUnavailableException)
            {
                return false;
            }
        }, "an ask succeeds again", TimeSpan.FromMinutes(2));
        await Eventually.Is(async () => (await asker.Http.GetAsync("/health")).IsSuccessStatusCode, "healthy again");
    }

    static Task<TestHost> Greeter(string bus) => TestHost.Start("greeter", builder =>
    {
        builder.Services.AddSingleton<Seen>();
        builder.AddFleetBus("greeter", fleet => fleet.AddRequestConsumer<GreetConsumer>());
    }, ("ConnectionStrings:bus", bus));

    static Task<TestHost> Asker(string bus, string timeout = "00:00:10") => TestHost.Start("asker",
        builder => builder.AddFleetBus("asker"), ("ConnectionStrings:bus", bus), ("Messaging:RequestTimeout", timeout));
}
