using System.Diagnostics;
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

    /// <summary>
    /// Stays connected and rotates when it is told to, or when its certificate nears its end, until cancelled: nothing else ends it. A platform
    /// that is away is waited for; what is refused or was not foreseen is reported as <see cref="DeviceStep.Operate"/>, and tried again after a while.
    /// </summary>
    /// <param name="onConnected">Told of each connection, once it is proven by a message that went through.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task Operate(Action<MqttClientConnection>? onConnected = null, CancellationToken cancellation = default)
    {
        var (losses, order) = (0, (RotationOrder?)null);
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            var (provenAt, fault) = ((long?)null, (Exception?)null);
            try
            {
                await using var connection = await ConnectInUse(cancellation);
                var thing = OperationalClientId(store.ReadIdentity());
                await Begin(connection, thing, cancellation);
                provenAt = _clock.GetTimestamp();
                onConnected?.Invoke(connection);
                order = order is not null && IsMeant(order.Command, InUse()) ? order : await NextOccasion(connection, thing, cancellation);
                if (order is not null)
                {
                    await Rotate(connection, thing, order, cancellation);
                    order = null;
                    continue;
                }
            }
            catch (Exception lost) when (!cancellation.IsCancellationRequested)
            {
                fault = lost;
                // The command was acknowledged and does not come again: the next connection goes on with it, unless each is lost over it.
                if (order is not null && ++order.Losses >= options.Retry.Attempts) order = null;
            }

            losses = options.Retry.CountLoss(losses, provenAt is { } proven ? _clock.GetElapsedTime(proven) : TimeSpan.Zero);
            if (fault is not null && !IsLoss(fault)) progress?.Report(new(DeviceStep.Operate, losses, Stopwatch.GetElapsedTime(began), AsFailure(fault)));
            await Task.Delay(options.Retry.DelayAfter(losses, Random.Shared.NextDouble()), _clock, cancellation); // not the whole fleet at once
        }
    }

    /// <summary>Connects with the pair in use, however long the network is away; with the other one, once this one was refused too often.</summary>
    /// <exception cref="ProvisioningException">Neither pair is let in any more.</exception>
    public async Task<MqttClientConnection> ConnectInUse(CancellationToken cancellation = default)
    {
        var refusals = 0;
        for (var attempt = 1; ; attempt++)
        {
            var state = store.ReadSlots();
            var isGivenUp = state.Failures >= options.TrialsBeforeFallBack || store.ReadSlot(state.InUse) is null;
            if (isGivenUp && store.ReadSlot(state.Other) is not null) state = await FallBack(state);
            store.StoreSlots(state with { Failures = state.Failures + 1 });
            try
            {
                var credential = InUse();
                return await Step(DeviceStep.Reconnect, attempt, () => Connect(
                    DeviceStep.Reconnect, credential, OperationalClientId(store.ReadIdentity()), cancellation, keepsSession: true));
            }
            catch (ProvisioningException failure)
            {
                // A network that is away is nobody's fault: only what the platform refuses counts.
                if (failure.Retryable) store.StoreSlots(state);
                else if (++refusals >= options.Retry.Attempts * 2) throw;
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
    async Task<RotationOrder?> NextOccasion(MqttClientConnection connection, string thing, CancellationToken cancellation)
    {
        var credential = InUse();
        while (true)
        {
            var left = RenewalOf(credential) - _clock.GetUtcNow();
            if (left <= TimeSpan.Zero) return new(RotateCommand.Own);
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timer.CancelAfter(left < LongestTimer ? left : LongestTimer);
            try
            {
                var message = await connection.Incoming.ReadAsync(timer.Token);
                if (message.Topic == $"devices/{thing}/certs/rotate" && RotateCommand.TryRead(message.Payload) is { } command
                    && IsMeant(command, credential)) return new(command);
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

    async Task Rotate(MqttClientConnection connection, string thing, RotationOrder order, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Step(DeviceStep.Rotate, attempt, () => order.Command.Pushed is { } pair ? Do(() => TakePushedPair(pair)) : GetNextPair(connection, order, cancellation));
                return;
            }
            catch (ProvisioningException lost) when (lost.Code == "connection")
            {
                throw new IOException(lost.Message, lost); // whose loss is handled where connections are made
            }
            catch (ProvisioningException failure) when (order.MayPass(failure) && !(order.Command.Deadline <= _clock.GetUtcNow()))
            {
                // The platform is busy, or a part of it is away: no failure of this device, and nothing to report.
                if (!failure.Retryable) order.Issued = null;
                await Task.Delay(options.Retry.DelayAfter(attempt, Random.Shared.NextDouble()), _clock, cancellation);
            }
            catch (ProvisioningException failure)
            {
                await Report(connection, thing, ("failed", failure.Message), cancellation);
                // Told again by the platform; by its own idea not before a while.
                await Task.Delay(options.Retry.DelayAfter(options.Retry.Attempts, 1), _clock, cancellation);
                return;
            }
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

    async Task GetNextPair(MqttClientConnection connection, RotationOrder order, CancellationToken cancellation)
    {
        var key = options.Key == KeyOrigin.Server ? KeyOrigin.DeviceEcdsaP256 : options.Key; // a key that is to last is made here
        var session = new ClaimSession(connection, options with { TemplateName = order.Command.Template, Key = key, Parameters = new Dictionary<string, string>() });
        await session.Subscribe(cancellation);
        order.Resumes = order.Issued is not null;
        if (order.Issued is not { } issued)
        {
            var (privateKey, request) = GenerateKey();
            issued = await session.RequestCertificate(privateKey, request, cancellation);

            // Beside the old pair, and whole, before the platform counts on it; in use only once it is registered.
            store.StoreSlot(store.ReadSlots().Other, issued.Credential);
            order.Issued = issued; // whose token works again when it is not known whether it was registered
        }

        WakeUpWith(issued.Credential, await session.RegisterThing(issued, cancellation));
    }

    /// <summary>A rotation that the device is at. It outlives connections, not power: then the platform tells again.</summary>
    sealed class RotationOrder(RotateCommand command)
    {
        public RotateCommand Command => command;

        /// <summary>The new pair, once the platform has made it out.</summary>
        public IssuedCertificate? Issued { get; set; }

        /// <summary>Whether <see cref="Issued"/> is from an earlier try.</summary>
        public bool Resumes { get; set; }

        /// <summary>Connections that ended over it.</summary>
        public int Losses { get; set; }

        public bool MayPass(ProvisioningException failure) => failure.Retryable || (Resumes && IsSpentToken(failure));
    }

    static Task<ReasonCode> Report(MqttClientConnection connection, string thing, (string Status, string? Detail) report, CancellationToken cancellation) =>
        connection.Publish($"devices/{thing}/certs/rotate/report", JsonSerializer.SerializeToUtf8Bytes(new { status = report.Status, detail = report.Detail }),
            QoS.AtLeastOnce, cancellation: cancellation);

    Credential InUse() => store.ReadDevice() ?? throw NoCredential(DeviceStep.Reconnect, "There is no device credential to connect with.");

    static ProvisioningException AsFailure(Exception failure) => failure as ProvisioningException
        ?? new(DeviceStep.Operate, "unforeseen", $"{failure.GetType().Name}: {failure.Message}", retryable: true, failure);

    static bool IsLoss(Exception failure) => failure is IOException or TimeoutException or ChannelClosedException;
}
