namespace FleetPlatform.Device;

/// <summary>A fleet of provisioned devices that stays connected and rotates when it is told to: each the reference device, with a store of its own.</summary>
/// <param name="fleet">Firmware and store of each device.</param>
/// <param name="parallel">How many may connect for the first time at the same time.</param>
public sealed class RotationSimulator(IReadOnlyList<(DeviceOptions Options, ICredentialStore Store)> fleet, int parallel)
{
    int _connected;
    int _rotated;
    int _lost;

    /// <summary>Devices that have been connected at least once.</summary>
    public int Connected => Volatile.Read(ref _connected);

    /// <summary>Devices that are connected with another certificate than at first, and have published with it.</summary>
    public int Rotated => Volatile.Read(ref _rotated);

    /// <summary>Devices that no pair of theirs connects any more: always 0.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Lets them live until cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        using var doors = new SemaphoreSlim(parallel);
        var lives = new List<Task>(fleet.Count);
        foreach (var (options, store) in fleet)
        {
            await doors.WaitAsync(cancellation);
            lives.Add(Task.Run(() => Live(options, store, doors, cancellation), cancellation));
        }

        await Task.WhenAll(lives).ContinueWith(_ => { }, TaskScheduler.Default); // each ended by the cancellation, or counted
    }

    async Task Live(DeviceOptions options, ICredentialStore store, SemaphoreSlim doors, CancellationToken cancellation)
    {
        var first = store.ReadDevice()!.CertificateId;
        var (connected, rotated) = (false, false);
        try
        {
            await new ReferenceDevice(options, store).Operate(_ =>
            {
                if (!connected)
                {
                    connected = true;
                    Interlocked.Increment(ref _connected);
                    doors.Release();
                }

                if (rotated || store.ReadDevice()!.CertificateId == first) return;
                rotated = true;
                Interlocked.Increment(ref _rotated);
            }, cancellation);
        }
        catch (ProvisioningException)
        {
            Interlocked.Increment(ref _lost);
            if (!connected) doors.Release();
        }
    }
}
