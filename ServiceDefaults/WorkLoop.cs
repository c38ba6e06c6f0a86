using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Background work that is found in the database: it is looked for when somebody has rung, and now and then anyway, so that nothing is forgotten that
/// another replica recorded or that a crash interrupted. A failure ends one look, never the loop.
/// </summary>
public abstract class WorkLoop(TimeProvider clock) : BackgroundService
{
    readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>How long nobody may ring until it is looked again. Asked after each look.</summary>
    protected abstract TimeSpan Pause { get; }

    /// <summary>There is something to do. Any number of rings before the next look are one.</summary>
    public void Wake() => _bell.Writer.TryWrite(true);

    /// <summary>Does what there is to do now.</summary>
    protected abstract Task Look(CancellationToken stopping);

    /// <summary>A look failed; the next one comes after <see cref="Pause"/>.</summary>
    protected abstract void Postpone(Exception failure);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Look(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Postpone(failure);
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(Task.Delay(Pause, clock, waiting.Token), _bell.Reader.WaitToReadAsync(waiting.Token).AsTask());
            await waiting.CancelAsync();
            _bell.Reader.TryRead(out _);
        }
    }
}
