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

    /// <summary>Devices of which no pair connects any more, or to which something happened that was not foreseen, and that have not come back since: always 0.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>What happened to the first of them, even if it has come back; null while there is none.</summary>
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
        var life = new Life(this, device, doors);
        try
        {
            await (device.Fault is { } fault
                ? new MisbehavingDevice(device.Options, device.Store, fault).Live(life.OnConnected, cancellation)
                : new ReferenceDevice(device.Options, device.Store, life).Operate(_ => life.OnConnected(), cancellation));
        }
        catch (Exception end) when (!cancellation.IsCancellationRequested)
        {
            life.OnLost($"{end.GetType().Name}: {end.Message}");
        }
    }

    /// <summary>What has become of one device. Told by the device alone, one thing after the other.</summary>
    sealed class Life(RotationSimulator fleet, SimulatedDevice device, SemaphoreSlim doors) : IProgress<StepReport>
    {
        readonly string _first = device.Store.ReadDevice()!.CertificateId;
        bool _entered;
        bool _connected;
        bool _rotated;
        bool _lost;

        public void Report(StepReport value)
        {
            if (value is { Step: DeviceStep.Operate, Failure: { } failure }) OnLost(failure.Message);
        }

        public void OnConnected()
        {
            Enter();
            Count(ref _connected, true, ref fleet._connected);
            Count(ref _lost, false, ref fleet._lost);
            if (device.Store.ReadDevice()!.CertificateId != _first) Count(ref _rotated, true, ref fleet._rotated);
        }

        public void OnLost(string why)
        {
            Interlocked.CompareExchange(ref fleet._firstLoss, $"{device.Store.ReadIdentity()?.ThingName}: {why}", null);
            Count(ref _lost, true, ref fleet._lost);
            Enter();
        }

        void Enter()
        {
            if (_entered) return;
            _entered = true;
            doors.Release();
        }

        static void Count(ref bool state, bool next, ref int devices)
        {
            if (state == next) return;
            state = next;
            Interlocked.Add(ref devices, next ? 1 : -1);
        }
    }
}
