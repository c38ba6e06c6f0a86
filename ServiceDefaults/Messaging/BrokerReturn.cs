using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Lets an attempt to connect wait until the broker answers. One that failed would be repeated after a pause that grows to half a minute, with each outage of the
/// process's life, and goes on when the broker has long been back.
/// </summary>
/// <param name="broker">Its <c>amqp://</c> or <c>amqps://</c> address.</param>
sealed class BrokerReturn(Uri broker, BrokerHealth health, TimeProvider clock, ILogger<BrokerReturn> log)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    bool _hasAnswered;

    /// <summary>Ends when the broker answers; at once as long as it never did, since a start has a limit of its own.</summary>
    /// <exception cref="OperationCanceledException">The process is stopping.</exception>
    public async Task Wait(CancellationToken stopping)
    {
        if (await Answers(stopping) || !_hasAnswered) return;
        var began = clock.GetTimestamp();
        Log.WaitingForBroker(log, broker.Host, broker.Port);
        using (health.Waiting())
            do await Task.Delay(Pause, clock, stopping);
            while (!await Answers(stopping));
        Log.BrokerAnswers(log, (long)clock.GetElapsedTime(began).TotalMilliseconds);
    }

    // A protocol header is answered when the broker is up, not when its socket merely listens. Under TLS the socket must do.
    async Task<bool> Answers(CancellationToken stopping)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limited.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(broker.Host, broker.Port > 0 ? broker.Port : broker.Scheme == "amqps" ? 5671 : 5672, limited.Token);
            if (broker.Scheme == "amqps") return _hasAnswered = true;
            await client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), limited.Token);
            return await client.GetStream().ReadAsync(new byte[1], limited.Token) == 1 && (_hasAnswered = true);
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            return false;
        }
    }
}

/// <summary>Says when a connection waits for the broker: the bus itself counts only attempts that failed.</summary>
sealed class BrokerHealth : IHealthCheck
{
    int _waiting;

    /// <summary>A connection waits until the result is disposed of.</summary>
    public IDisposable Waiting()
    {
        Interlocked.Increment(ref _waiting);
        return new Wait(this);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Volatile.Read(ref _waiting) == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("RabbitMQ does not answer."));

    sealed class Wait(BrokerHealth health) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref health._waiting);
    }
}
