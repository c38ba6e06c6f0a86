using FleetPlatform.Mqtt;

namespace FleetPlatform.Device.Tests;

/// <summary>A device in operation that ends, or waits for what never comes, is as good as bricked: nobody is there to switch it off and on again.</summary>
public sealed class NeverSilentTests : IAsyncLifetime
{
    const string Thing = "sensor-0042";
    readonly CancellationTokenSource _stop = new(Eventually.Patience);
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-silent-").FullName;
    readonly System.Collections.Concurrent.ConcurrentQueue<StepReport> _failed = new();
    PlatformStandIn _platform = null!;
    Action<string>? _onFileOperation;
    FileCredentialStore _store = null!;
    int _connections;

    public async ValueTask InitializeAsync()
    {
        _platform = await PlatformStandIn.Start();
        _store = new(_folder, operation => _onFileOperation?.Invoke(operation));
        _store.StoreClaim(_platform.Claim);
        await new ReferenceDevice(_platform.Options(), _store).Provision(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _stop.Dispose();
        await _platform.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    Task Operate(Action? onConnected = null) => new ReferenceDevice(
        _platform.Options() with { Retry = new() { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1), MaximumDelay = TimeSpan.FromMilliseconds(20) } },
        _store, new Steps(report =>
        {
            if (report is { Step: DeviceStep.Operate }) _failed.Enqueue(report);
        })).Operate(_ =>
        {
            Interlocked.Increment(ref _connections);
            onConnected?.Invoke();
        }, _stop.Token);

    async Task IsCancelled(Task life)
    {
        life.IsCompleted.ShouldBeFalse($"{life.Exception}");
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => life);
    }

    [Fact]
    public async Task What_was_not_foreseen_is_reported_and_the_device_lives_on_and_rotates()
    {
        var (old, broken) = (_store.ReadDevice()!.CertificateId, 0);
        var life = Operate(() =>
        {
            if (_connections == 1) throw new InvalidOperationException("firmware");
            _onFileOperation ??= operation =>
            {
                // The flash that fails at each of the first operations of a rotation once.
                if (Interlocked.Increment(ref broken) % 2 == 1 && broken < 12) throw new NotSupportedException($"flash: {operation}");
            };
            _platform.Command(Thing, old);
        });

        await Eventually.Is(() => _store.ReadDevice()?.CertificateId is { } current && current != old && _store.ReadSlots().Failures == 0);

        _failed.First().Failure!.Code.ShouldBe("unforeseen");
        _failed.ShouldContain(report => report.Failure!.Message.Contains("firmware", StringComparison.Ordinal));
        _failed.ShouldContain(report => report.Failure!.Message.Contains("flash", StringComparison.Ordinal));
        await IsCancelled(life);
    }

    [Fact]
    public async Task Refused_with_each_pair_it_says_so_and_asks_on_until_it_is_let_in()
    {
        _platform.LetsNobodyIn = true;
        var life = Operate();
        await Eventually.Is(() => _failed.Count >= 2);
        _failed.ShouldAllBe(report => report.Failure!.Code == "refused");

        _platform.LetsNobodyIn = false;
        await Eventually.Is(() => _connections > 0);
        await IsCancelled(life);
    }

    [Fact]
    public async Task A_slot_that_can_no_longer_be_read_gives_way_to_the_other_one()
    {
        var good = _store.ReadDevice()!.CertificateId;
        _store.StoreSlots(new SlotState(1, 0, null)); // which holds nothing
        var life = Operate();

        await Eventually.Is(() => _platform.Published.Any(message => message.Body.Contains("rolled-back", StringComparison.Ordinal)));
        _store.ReadDevice()!.CertificateId.ShouldBe(good);
        await IsCancelled(life);
    }

    [Theory]
    [InlineData(0, false)] // each connection is proven and breaks at once
    [InlineData(120, true)] // or works for two minutes
    public async Task Connections_that_prove_good_and_break_at_once_are_waited_after_longer_and_longer(int seconds, bool isForgotten)
    {
        const int losses = 12;
        var clock = new HurriedClock();
        var first = TimeSpan.FromSeconds(1);
        var life = new ReferenceDevice(_platform.Options() with { Retry = new() { FirstDelay = first } }, _store, clock: clock).Operate(connection =>
        {
            _ = connection.DisposeAsync().AsTask();
            clock.Pass(TimeSpan.FromSeconds(seconds));
        }, _stop.Token);

        await Eventually.Is(() => clock.Waits.Count >= losses);
        clock.Waits.Take(losses).All(wait => wait <= first).ShouldBe(isForgotten); // of waits up to 30 s, all of twelve in the first second: never
        await IsCancelled(life);
    }

    /// <summary>Notes what is waited for and lets nobody wait.</summary>
    sealed class HurriedClock : TimeProvider
    {
        long _passed;

        public System.Collections.Concurrent.ConcurrentQueue<TimeSpan> Waits { get; } = new();

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => Interlocked.Add(ref _passed, time.Ticks);

        public override long GetTimestamp() => Interlocked.Read(ref _passed);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Enqueue(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
        }
    }

    /// <summary>A wait that was given up must not take the next answer, or the next command, from the one that waits for it.</summary>
    [Fact]
    public async Task A_request_that_may_not_be_published_costs_the_next_one_nothing()
    {
        var options = _platform.Options() with { Version = ProtocolVersion.V500 };
        await using var connection = await new ReferenceDevice(options, _store).Connect(_stop.Token);
        var session = new ClaimSession(connection, options);
        await session.Subscribe(_stop.Token);
        _platform.RefusesRequests = true;
        (await Ask().ShouldThrowAsync<ProvisioningException>()).Code.ShouldBe("refused");

        _platform.RefusesRequests = false;
        (await Ask()).Credential.CertificateId.ShouldNotBe(_store.ReadDevice()!.CertificateId);

        async Task<IssuedCertificate> Ask()
        {
            using var key = Pki.KeyPair.CreateEcdsaP256();
            return await session.RequestCertificate(key.PrivateKeyPem, key.CreateSigningRequest(Thing), _stop.Token);
        }
    }
}
