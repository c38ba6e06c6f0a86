using System.Text.Json;
using System.Threading.Channels;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Device;

/// <summary>
/// The operational life of the device: connected with the pair in use, waiting for the command to rotate, and never without a pair that
/// works. Two slots: the new pair is stored beside the old one and tried; three failures, and the old one is in use again. The counter is
/// written before each attempt, so that a device that dies while it tries counts too.
/// </summary>
public sealed partial class ReferenceDevice
{
    static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    /// <summary>Stays connected and rotates when it is told to, or when its certificate nears its end, until cancelled.</summary>
    /// <param name="onConnected">Told of each connection, once it is proven by a message that went through.</param>
    /// <exception cref="ProvisioningException">Neither pair is let in any more.</exception>
    public async Task Operate(Action<MqttClientConnection>? onConnected = null, CancellationToken cancellation = default)
    {
        while (true)
        {
            await using var connection = await ConnectInUse(cancellation);
            try
            {
                var thing = OperationalClientId(store.ReadIdentity());
                await Begin(connection, thing, cancellation);
                onConnected?.Invoke(connection);
                if (await NextOccasion(connection, thing, cancellation) is not { } command) continue; // the connection ended
                await Rotate(connection, thing, command, cancellation);
            }
            catch (Exception lost) when (IsLoss(lost) && !cancellation.IsCancellationRequested)
            {
                // As for any device: connect again.
            }
        }
    }

    /// <summary>Connects with the pair in use; with the other one, once this one has failed too often.</summary>
    public async Task<MqttClientConnection> ConnectInUse(CancellationToken cancellation = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = store.ReadSlots();
            if (state.Failures >= options.TrialsBeforeFallBack && store.ReadSlot(state.Other) is not null) state = await FallBack(state);
            store.StoreSlots(state with { Failures = state.Failures + 1 });
            try
            {
                var credential = store.ReadSlot(state.InUse) ?? store.ReadSlot(state.Other)
                    ?? throw NoCredential(DeviceStep.Reconnect, "There is no device credential to connect with.");
                return await Step(DeviceStep.Reconnect, attempt, () => Connect(
                    DeviceStep.Reconnect, credential, OperationalClientId(store.ReadIdentity()), cancellation, keepsSession: true));
            }
            catch (ProvisioningException failure) when (attempt < options.Retry.Attempts * 2)
            {
                // A network that is away is nobody's fault: only what the platform refuses counts.
                if (failure.Retryable) store.StoreSlots(state);
                await Task.Delay(options.Retry.DelayAfter(attempt, Random.Shared.NextDouble()), _clock, cancellation);
            }
        }
    }

    async Task<SlotState> FallBack(SlotState state)
    {
        var back = new SlotState(state.Other, 0, store.ReadSlot(state.InUse)?.CertificateId ?? "unreadable");
        await Step(DeviceStep.FallBack, 1, () => Do(() => store.StoreSlots(back)));
        return back;
    }

    // Subscribed, and something published that the platform has acknowledged: this pair works.
    async Task Begin(MqttClientConnection connection, string thing, CancellationToken cancellation)
    {
        var granted = await connection.Subscribe($"devices/{thing}/certs/rotate", QoS.AtLeastOnce, cancellation);
        var published = await Report(connection, thing, store.ReadSlots().FellBackFrom is { } given
            ? ("rolled-back", $"fell back from certificate {given}")
            : ("connected", null), cancellation);
        if (!granted.IsFailure() && !published.IsFailure()) store.StoreSlots(store.ReadSlots() with { Failures = 0, FellBackFrom = null });
    }

    /// <summary>Waits for a command that is meant for the certificate in use, or for its last days.</summary>
    /// <returns>What to do; null when the connection has ended.</returns>
    async Task<RotateCommand?> NextOccasion(MqttClientConnection connection, string thing, CancellationToken cancellation)
    {
        var credential = store.ReadDevice()!;
        while (true)
        {
            var left = RenewalOf(credential) - _clock.GetUtcNow();
            if (left <= TimeSpan.Zero) return RotateCommand.Own;
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timer.CancelAfter(left < LongestTimer ? left : LongestTimer);
            try
            {
                var message = await connection.Incoming.ReadAsync(timer.Token);
                if (message.Topic == $"devices/{thing}/certs/rotate" && RotateCommand.TryRead(message.Payload) is { } command
                    && IsMeant(command, credential)) return command;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // A day has passed, or it is time: look at the clock.
            }
            catch (ChannelClosedException)
            {
                return null;
            }
        }
    }

    static bool IsMeant(RotateCommand command, Credential inUse) =>
        command.CertificateId == inUse.CertificateId || (command is { CertificateId: null, Pushed: { } pair } && pair.CertificateId != inUse.CertificateId);

    // A life shorter than that is renewed at two thirds: a certificate must not be due the moment it is made.
    DateTimeOffset RenewalOf(Credential credential)
    {
        var (asked, twoThirds) = (credential.NotAfter - options.RenewBefore, credential.NotBefore + ((credential.NotAfter - credential.NotBefore) * 2 / 3));
        return asked > twoThirds ? asked : twoThirds;
    }

    async Task Rotate(MqttClientConnection connection, string thing, RotateCommand command, CancellationToken cancellation)
    {
        try
        {
            await Step(DeviceStep.Rotate, 1, () => command.Pushed is { } pair ? Do(() => TakePushedPair(pair)) : GetNextPair(connection, command.Template, cancellation));
        }
        catch (ProvisioningException failure)
        {
            await Report(connection, thing, ("failed", failure.Message), cancellation);
            // Told again by the platform; by its own idea not before a while.
            await Task.Delay(options.Retry.DelayAfter(options.Retry.Attempts, 1), _clock, cancellation);
        }
    }

    void TakePushedPair(Credential pair)
    {
        if (!options.AcceptsPushedPairs)
            throw new ProvisioningException(DeviceStep.Rotate, "pushed-pair", "This device makes its keys itself and takes none from the wire.", retryable: false);
        store.StoreSlot(store.ReadSlots().Other, pair);
        WakeUpWith(pair, new() { CertificateId = pair.CertificateId });
    }

    void WakeUpWith(Credential pair, DeviceIdentity identity)
    {
        store.StoreIdentity((store.ReadIdentity() ?? identity) with { CertificateId = pair.CertificateId });
        store.StoreSlots(new SlotState(store.ReadSlots().Other, 0, null));
    }

    async Task GetNextPair(MqttClientConnection connection, string template, CancellationToken cancellation)
    {
        var key = options.Key == KeyOrigin.Server ? KeyOrigin.DeviceEcdsaP256 : options.Key; // a key that is to last is made here
        var session = new ClaimSession(connection, options with { TemplateName = template, Key = key, Parameters = new Dictionary<string, string>() });
        await session.Subscribe(cancellation);
        var (privateKey, request) = GenerateKey();
        var issued = await session.RequestCertificate(privateKey, request, cancellation);

        // Beside the old pair, and whole, before the platform counts on it; in use only once it is registered.
        store.StoreSlot(store.ReadSlots().Other, issued.Credential);
        WakeUpWith(issued.Credential, await session.RegisterThing(issued, cancellation));
    }

    static Task<ReasonCode> Report(MqttClientConnection connection, string thing, (string Status, string? Detail) report, CancellationToken cancellation) =>
        connection.Publish($"devices/{thing}/certs/rotate/report", JsonSerializer.SerializeToUtf8Bytes(new { status = report.Status, detail = report.Detail }),
            QoS.AtLeastOnce, cancellation: cancellation);

    static bool IsLoss(Exception failure) => failure is IOException or TimeoutException or ChannelClosedException;
}
