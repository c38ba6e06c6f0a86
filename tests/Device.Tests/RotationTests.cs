namespace FleetPlatform.Device.Tests;

public sealed class RotationTests : IAsyncLifetime
{
    const string Thing = "sensor-0042";
    const string Report = $"devices/{Thing}/certs/rotate/report";
    readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));
    PlatformStandIn _platform = null!;

    public async ValueTask InitializeAsync() => _platform = await PlatformStandIn.Start();

    public ValueTask DisposeAsync()
    {
        _stop.Cancel();
        _stop.Dispose();
        return _platform.DisposeAsync();
    }

    async Task<(ReferenceDevice Device, ICredentialStore Store)> Provisioned(ICredentialStore? store = null, Func<DeviceOptions, DeviceOptions>? with = null)
    {
        store ??= new MemoryCredentialStore(_platform.Claim);
        var options = with?.Invoke(_platform.Options()) ?? _platform.Options();
        await new ReferenceDevice(options, store).Provision(_stop.Token);
        return (new(options, store), store);
    }

    Task Live(ReferenceDevice device, ICredentialStore store, Func<bool> until) => Task.Run(async () =>
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var done = new TaskCompletionSource();
        var running = device.Operate(_ =>
        {
            if (until()) done.TrySetResult();
        }, life.Token);
        await done.Task.WaitAsync(Eventually.Patience);
        await life.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
    });

    [Fact]
    public async Task It_rotates_when_told_stores_the_new_pair_beside_the_old_and_passes_over_replays()
    {
        var (device, store) = await Provisioned();
        var old = store.ReadDevice()!;

        await Live(device, store, () =>
        {
            if (store.ReadDevice()!.CertificateId != old.CertificateId) return true;
            _platform.Command(Thing, old.CertificateId);
            _platform.Command(Thing, old.CertificateId); // the second is for a certificate that is replaced by then
            return false;
        });

        store.ReadSlots().ShouldBe(new SlotState(1, 0, null));
        store.ReadSlot(0)!.CertificateId.ShouldBe(old.CertificateId);
        store.ReadIdentity()!.ThingName.ShouldBe(Thing);
        _platform.Requests.Count(topic => topic.Contains("create-from-csr", StringComparison.Ordinal)).ShouldBe(2); // provisioned, rotated
    }

    [Fact]
    public async Task A_pushed_pair_is_used_where_the_firmware_takes_one()
    {
        var (device, store) = await Provisioned(with: options => options with { AcceptsPushedPairs = true });
        var old = store.ReadDevice()!;
        Credential? pushed = null;

        await Live(device, store, () =>
        {
            if (pushed is not null && store.ReadDevice()!.CertificateId == pushed.CertificateId) return true;
            pushed ??= _platform.Push(Thing);
            return false;
        });

        store.ReadSlots().ShouldBe(new SlotState(1, 0, null));
        store.ReadSlot(0)!.CertificateId.ShouldBe(old.CertificateId);
    }

    [Fact]
    public async Task A_pushed_pair_is_declined_where_it_does_not()
    {
        var (device, store) = await Provisioned();
        var old = store.ReadDevice()!;

        var life = device.Operate(_ => _platform.Push(Thing), _stop.Token);
        await Eventually.Is(() => _platform.Published.Any(message => message.Topic == Report && message.Body.Contains("pushed-pair", StringComparison.Ordinal)));

        store.ReadDevice()!.CertificateId.ShouldBe(old.CertificateId);
        await _stop.CancelAsync();
        await life.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Three_refusals_of_the_new_pair_and_it_is_back_with_the_old_one_and_says_so()
    {
        var (device, store) = await Provisioned();
        var old = store.ReadDevice()!;
        _platform.RegistersInVain = true;

        await Live(device, store, () =>
        {
            if (_platform.Published.Any(message => message.Topic == Report && message.Body.Contains("rolled-back", StringComparison.Ordinal))) return true;
            _platform.Command(Thing, old.CertificateId);
            return false;
        });

        store.ReadDevice()!.CertificateId.ShouldBe(old.CertificateId);
        store.ReadSlots().ShouldBe(new SlotState(0, 0, null));
    }

    [Fact]
    public async Task The_boot_counter_counts_across_restarts_and_power_cuts()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-rotation-").FullName;
        try
        {
            var file = new FileCredentialStore(folder);
            file.StoreClaim(_platform.Claim);
            var (_, store) = await Provisioned(file);
            var old = store.ReadDevice()!;
            var unknown = _platform.MakeCredential("never-registered");
            store.StoreSlot(1, unknown);
            store.StoreSlots(new SlotState(1, 0, null));

            // Each boot tries once and is cut before it could try again.
            for (var boot = 1; boot <= 3; boot++)
            {
                var options = _platform.Options() with { Retry = new() { FirstDelay = TimeSpan.FromHours(1), MaximumDelay = TimeSpan.FromHours(1) } };
                using var power = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var steps = new Steps(report => power.Cancel());
                await Should.ThrowAsync<OperationCanceledException>(() => new ReferenceDevice(options, new FileCredentialStore(folder), steps).ConnectInUse(power.Token));
                new FileCredentialStore(folder).ReadSlots().Failures.ShouldBe(boot);
            }

            var store4 = new FileCredentialStore(folder);
            await using var connection = await new ReferenceDevice(_platform.Options(), store4).ConnectInUse(_stop.Token);
            store4.ReadDevice()!.CertificateId.ShouldBe(old.CertificateId);
            store4.ReadSlots().FellBackFrom.ShouldBe(unknown.CertificateId);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task It_renews_unasked_before_its_certificate_expires()
    {
        // The certificates here live 21 hours: two thirds of that are over in 14.
        var (_, store) = await Provisioned();
        var old = store.ReadDevice()!;
        var device = new ReferenceDevice(_platform.Options(), store, clock: new Later(TimeSpan.FromHours(14)));

        await Live(device, store, () => store.ReadDevice()!.CertificateId != old.CertificateId);
    }

    /// <summary>A part of the platform that is away for a moment must not cost the device its rotation until the next command.</summary>
    [Fact]
    public async Task What_the_platform_cannot_serve_at_the_moment_is_asked_again_and_not_reported_as_a_failure()
    {
        var (device, store) = await Provisioned();
        var (old, asked) = (store.ReadDevice()!, _platform.Requests.Count);
        foreach (var mishap in (Mishap[])[new Rejection(500, "InternalServerError"), new Rejection(429, "Throttled"), new None(), new Rejection(500, "InternalServerError")])
            _platform.Mishaps.Enqueue(mishap);

        await Live(device, store, () => IsReplaced(store, old));

        _platform.Requests.Skip(asked).Select(topic => topic.Contains("create-from-csr", StringComparison.Ordinal))
            .ShouldBe([true, true, true, false, false]); // a certificate that is made out is registered, and not made again
        _platform.Published.ShouldNotContain(message => message.Body.Contains("failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_device_has_asked_again_is_passed_over()
    {
        var (device, store) = await Provisioned();
        var old = store.ReadDevice()!;
        _platform.Mishaps.Enqueue(new Late());

        await Live(device, store, () => IsReplaced(store, old));
    }

    [Fact]
    public async Task A_command_is_gone_on_with_over_the_next_connection()
    {
        var (device, store) = await Provisioned();
        var old = store.ReadDevice()!;
        foreach (var mishap in (Mishap[])[new Drop(), new None(), new Drop()]) _platform.Mishaps.Enqueue(mishap);
        var told = false;

        await Live(device, store, () =>
        {
            if (store.ReadDevice()!.CertificateId != old.CertificateId) return true;
            if (!told) _platform.Command(Thing, old.CertificateId);
            told = true;
            return false;
        });
    }

    [Fact]
    public async Task A_command_over_which_every_connection_is_lost_is_given_up()
    {
        var (device, store) = await Provisioned(with: options => options with { Retry = new() { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) } });
        var old = store.ReadDevice()!;
        _platform.Mishaps.Enqueue(new Drop());
        _platform.Mishaps.Enqueue(new Drop());
        var connections = 0;

        await Live(device, store, () => ++connections == 3 || (connections == 1 && IsReplaced(store, old)));

        store.ReadDevice()!.CertificateId.ShouldBe(old.CertificateId);
    }

    // Has it rotate, if it did not yet.
    bool IsReplaced(ICredentialStore store, Credential old)
    {
        if (store.ReadDevice()!.CertificateId != old.CertificateId) return true;
        _platform.Command(Thing, old.CertificateId);
        return false;
    }

    [Fact]
    public async Task Without_a_network_it_tries_on_and_gives_up_neither_pair()
    {
        const int tries = 30;
        var (_, store) = await Provisioned();
        store.StoreSlot(1, _platform.MakeCredential("new"));
        store.StoreSlots(new SlotState(1, 0, null));
        var offline = _platform.Options() with { Port = 1, Retry = new() { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1), MaximumDelay = TimeSpan.FromMilliseconds(2) } };
        using var power = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);

        await Should.ThrowAsync<OperationCanceledException>(() => new ReferenceDevice(offline, store, new Steps(report =>
        {
            if (report.Attempt == tries) power.Cancel();
        })).ConnectInUse(power.Token));

        store.ReadSlots().ShouldBe(new SlotState(1, 0, null));
    }

    sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
