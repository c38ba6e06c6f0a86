using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>The one reader of <see cref="RotationNews"/>. What was reported in the same instant travels together; a bus that is away is waited for.</summary>
sealed class PublishNews(RotationNews news, IBus bus, TimeProvider clock, ILogger<PublishNews> log) : BackgroundService
{
    const int MaximumBatch = 256;
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100); // a device that connects publishes soon: one message, and one transaction of the scheduler
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await news.Reader.WaitToReadAsync(stoppingToken))
        {
            var began = clock.GetTimestamp();
            var uses = new List<CertificateUse>();
            while (uses.Count < MaximumBatch && news.Reader.TryRead(out var next))
            {
                if (next is CertificateUse use) uses.Add(use);
                else await Publish(next, stoppingToken);
            }

            if (uses.Count > 0) await Publish(new CertificatesUsed { Items = uses }, stoppingToken);
            var rest = Pace - clock.GetElapsedTime(began);
            if (rest > TimeSpan.Zero && uses.Count < MaximumBatch) await Task.Delay(rest, clock, stoppingToken);
        }
    }

    async Task Publish(object message, CancellationToken stopping)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await bus.PublishInTime(message, stopping);
                return;
            }
            catch (Exception failure) when (Failures.IsTransient(failure) && !stopping.IsCancellationRequested)
            {
                Log.RotationNewsWait(log, pause.TotalMilliseconds, failure.GetType().Name);
                await Task.Delay(pause, clock, stopping);
            }
        }
    }
}
