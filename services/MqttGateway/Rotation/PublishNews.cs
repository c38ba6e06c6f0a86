using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>
/// The one reader of <see cref="RotationNews"/>. What was reported in the same instant travels together; a bus that is away is waited for. What fails for another
/// reason is tried a few times, then given up and counted: no news keeps what comes after it, and none ends the gateway.
/// </summary>
sealed class PublishNews(RotationNews news, IBus bus, GatewayMetrics metrics, TimeProvider clock, ILogger<PublishNews> log) : BackgroundService
{
    const int MaximumBatch = 256;
    const int UnexpectedFailures = 4; // until news is given up: 1.4 s after the first
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100); // a device that connects publishes soon: one message, and one transaction of the scheduler
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    volatile Trouble? _trouble;

    sealed record Trouble(string Failure, long At);

    /// <summary>Why the last news was not published; null once something was, and five minutes after the last failure.</summary>
    public string? Failure => _trouble is { } trouble && clock.GetElapsedTime(trouble.At) < Remembered ? trouble.Failure : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await news.Reader.WaitToReadAsync(stoppingToken))
        {
            var began = clock.GetTimestamp();
            var uses = new List<CertificateUse>();
            while (uses.Count < MaximumBatch && news.Reader.TryRead(out var next))
            {
                if (next is CertificateUse use) uses.Add(use);
                else await PublishOrLose((RotationReported)next, stoppingToken);
            }

            if (uses.Count > 0) await Publish(uses, stoppingToken);
            var rest = Pace - clock.GetElapsedTime(began);
            if (rest > TimeSpan.Zero && uses.Count < MaximumBatch) await Task.Delay(rest, clock, stoppingToken);
        }
    }

    async Task PublishOrLose(RotationReported reported, CancellationToken stopping)
    {
        if (await TryPublish(reported, UnexpectedFailures, stopping) is { } failure) Lose(reported, reported.CertificateId, failure);
    }

    // One that cannot be published must not take the others of its message with it.
    async Task Publish(List<CertificateUse> uses, CancellationToken stopping)
    {
        if (await TryPublish(new CertificatesUsed { Items = uses }, UnexpectedFailures, stopping) is null) return;
        foreach (var use in uses)
            if (await TryPublish(new CertificatesUsed { Items = [use] }, unexpectedFailures: 1, stopping) is { } failure) Lose(use, use.CertificateId, failure);
    }

    /// <returns>Why it was given up; null when it was published.</returns>
    async Task<Exception?> TryPublish(object message, int unexpectedFailures, CancellationToken stopping)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await bus.PublishInTime(message, stopping);
                _trouble = null;
                return null;
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                _trouble = new(failure.GetType().Name, clock.GetTimestamp());
                if (!Failures.IsTransient(failure) && --unexpectedFailures <= 0) return failure;
                Log.RotationNewsWait(log, pause.TotalMilliseconds, failure.GetType().Name);
                await Task.Delay(pause, clock, stopping);
            }
        }
    }

    void Lose(object lost, string certificateId, Exception failure)
    {
        metrics.LostRecord("rotation-failed");
        Log.RotationNewsLost(log, lost.GetType().Name, certificateId, failure);
    }
}

/// <summary>Degraded while news of rotations is not published: devices work, and their rotations do not get on.</summary>
sealed class PublishNewsHealth(PublishNews news) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(news.Failure is { } failure ? HealthCheckResult.Degraded($"News of rotations is not published: {failure}") : HealthCheckResult.Healthy());
}
