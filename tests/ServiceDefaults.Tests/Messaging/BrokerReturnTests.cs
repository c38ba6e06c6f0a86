using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.ServiceDefaults.Tests.Messaging;

public sealed class BrokerReturnTests
{
    [Fact]
    public async Task An_attempt_waits_until_a_broker_that_has_been_there_answers_again()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var health = new BrokerHealth();
        var broker = new BrokerReturn(new Uri($"amqp://127.0.0.1:{port}"), health, TimeProvider.System, NullLogger<BrokerReturn>.Instance);
        using var stopping = new CancellationTokenSource();

        await Answer(listener, broker.Wait(stopping.Token));
        listener.Stop();

        var waits = broker.Wait(stopping.Token);
        using var again = new TcpListener(IPAddress.Loopback, port);
        again.Start();
        (await again.AcceptTcpClientAsync()).Dispose(); // its socket listens and it is not up yet
        waits.IsCompleted.ShouldBeFalse();
        (await health.CheckHealthAsync(new())).Status.ShouldBe(HealthStatus.Unhealthy);
        await Answer(again, waits);
        (await health.CheckHealthAsync(new())).Status.ShouldBe(HealthStatus.Healthy);

        again.Stop();
        var cut = broker.Wait(stopping.Token);
        await stopping.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cut);
    }

    [Fact]
    public Task At_a_start_nobody_waits_beyond_the_limit_of_the_start() =>
        new BrokerReturn(new Uri("amqp://127.0.0.1:1"), new(), TimeProvider.System, NullLogger<BrokerReturn>.Instance).Wait(CancellationToken.None);

    static async Task Answer(TcpListener listener, Task waits)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await client.GetStream().WriteAsync(new byte[] { 1 });
        await waits.WaitAsync(Eventually.Patience);
    }
}
