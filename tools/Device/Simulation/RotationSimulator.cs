namespace FleetPlatform.Device;

/// <summary>One device of a fleet that rotates.</summary>
/// <param name="Options">Its firmware.</param>
/// <param name="Store">What it keeps; provisioned already.</param>
/// <param name="Fault">What is wrong with its firmware; null: nothing.</param>
public sealed record SimulatedDevice(DeviceOptions Options, ICredentialStore Store, Misbehaviour? Fault = null);

/// <summary>A fleet of provisioned devices that stays connected and rotates when it is told to: each the reference device, or one with a fault.</summary>
/// <param name="fleet">The devices.</param>
/// <param name="parallel">How many may connect for the first time at the same time.</param>
public sealed class RotationSimulator(IReadOnlyList<SimulatedDevice> fleet, int parallel)
{
    int _connected;
    int _rotated;
    int _lost;
    string? _firstLoss;

    /// <summary>Devices that have been connected at least once.</summary>
    public int Connected => Volatile.Read(ref _connected);

    /// <summary>Devices that are connected with another certificate than at first, and have published with it.</summary>
    public int Rotated => Volatile.Read(ref _rotated);

    /// <summary>Devices that live no more, because no pair of theirs connects or something was not foreseen: always 0.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Why the first of them does not; null while there is none.</summary>
    public string? FirstLoss => Volatile.Read(ref _firstLoss);

    /// <summary>Lets them live until cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        using var doors = new SemaphoreSlim(parallel);
        var lives = new List<Task>(fleet.Count);
        foreach (var device in fleet)
        {
            await doors.WaitAsync(cancellation);
            lives.Add(Task.Run(() => Live(device, doors, cancellation), cancellation));
        }

        await Task.WhenAll(lives).ContinueWith(_ => { }, TaskScheduler.Default); // each ended by the cancellation, or counted
    }

    async Task Live(SimulatedDevice device, SemaphoreSlim doors, CancellationToken cancellation)
    {
        var first = device.Store.ReadDevice()!.CertificateId;
        var (connected, rotated) = (false, false);
        try
        {
            await (device.Fault is { } fault
                ? new MisbehavingDevice(device.Options, device.Store, fault).Live(OnConnected, cancellation)
                : new ReferenceDevice(device.Options, device.Store).Operate(_ => OnConnected(), cancellation));
        }
        catch (Exception end) when (!cancellation.IsCancellationRequested)
        {
            Interlocked.Increment(ref _lost);
            Interlocked.CompareExchange(ref _firstLoss, $"{device.Store.ReadIdentity()?.ThingName}: {end.GetType().Name}: {end.Message}", null);
            if (!connected) doors.Release();
        }

        void OnConnected()
        {
            if (!connected)
            {
                connected = true;
                Interlocked.Increment(ref _connected);
                doors.Release();
            }

            if (rotated || device.Store.ReadDevice()!.CertificateId == first) return;
            rotated = true;
            Interlocked.Increment(ref _rotated);
        }
    }
}
