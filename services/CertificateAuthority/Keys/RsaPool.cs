using System.Runtime.InteropServices;
using System.Threading.Channels;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>
/// RSA-2048 key pairs made ahead, because making one takes a quarter of a second. One thread fills the pool at the lowest priority, and only
/// as far as there is demand: a fleet that never asks for RSA pays for two pairs. Keys in the pool are in this process's memory and nowhere else.
/// </summary>
sealed partial class RsaPool(CertificateAuthorityOptions options, Metrics metrics, TimeProvider clock) : IHostedService, IDisposable
{
    const int LowestPriority = 19;
    const int ReserveBeforeDemand = 2;

    readonly ManualResetEventSlim _taken = new();
    readonly Channel<KeyPair> _ready = Channel.CreateBounded<KeyPair>(new BoundedChannelOptions(Math.Max(1, options.RsaPoolSize)) { SingleWriter = true });
    readonly CancellationTokenSource _stopping = new();
    Thread? _maker;
    volatile bool _inDemand;

    /// <summary>Key pairs ready now.</summary>
    public int Ready => _ready.Reader.Count;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.WatchPool(() => Ready);
        if (options.RsaPoolSize == 0) return Task.CompletedTask;
        _maker = new Thread(Fill) { IsBackground = true, Name = "RSA key maker" };
        _maker.Start();
        return Task.CompletedTask;
    }

    /// <summary>Takes a key pair, waiting at most <see cref="CertificateAuthorityOptions.RsaPoolWait"/> for one.</summary>
    /// <returns>The caller's to dispose; null when none came in time.</returns>
    public async ValueTask<KeyPair?> Take(CancellationToken cancellation)
    {
        if (options.RsaPoolSize == 0) return null;
        _inDemand = true;
        var ready = _ready.Reader.TryRead(out var key);
        _taken.Set();
        if (ready) return key;
        using var deadline = new CancellationTokenSource(options.RsaPoolWait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var waited = await _ready.Reader.ReadAsync(either.Token);
            _taken.Set();
            return waited;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await _stopping.CancelAsync();

    void Fill()
    {
        // .NET's own thread priorities do nothing on Linux; its niceness is per thread.
        if (OperatingSystem.IsLinux()) _ = SetPriority(which: 0, who: 0, LowestPriority);
        try
        {
            while (true)
            {
                _stopping.Token.ThrowIfCancellationRequested();
                _taken.Reset();
                // Blocking is right here: this thread has nothing else to do.
                if (Ready >= (_inDemand ? options.RsaPoolSize : Math.Min(ReserveBeforeDemand, options.RsaPoolSize))) _taken.Wait(_stopping.Token);
                else _ready.Writer.TryWrite(KeyPair.CreateRsa2048()); // there is room: nobody else writes
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int priority);

    public void Dispose()
    {
        _stopping.Dispose();
        _taken.Dispose();
        while (_ready.Reader.TryRead(out var key)) key.Dispose();
    }
}
