using System.Text.Json;
using System.Threading.Channels;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;

namespace FleetPlatform.Device;

/// <summary>What a device does, instead of rotating, when it is told to.</summary>
public enum Misbehaviour
{
    /// <summary>Hears the command and does nothing.</summary>
    Ignores,

    /// <summary>Is connected and has not subscribed.</summary>
    DoesNotListen,

    /// <summary>Goes away and does not come back.</summary>
    GoesAway,

    /// <summary>Reports that it cannot.</summary>
    ReportsFailure,

    /// <summary>Asks for a certificate for the key that it has, is refused, and reports it.</summary>
    ReusesItsKey,

    /// <summary>Registers a new certificate and loses it with the power, before it is stored.</summary>
    LosesTheNewPair,

    /// <summary>Stores the new pair and goes on with the old one.</summary>
    NeverConnects,

    /// <summary>Connects with the new pair and has nothing to say.</summary>
    NeverPublishes,

    /// <summary>Connects with the new pair, then comes back with the old one and reports that it has fallen back.</summary>
    FallsBack,

    /// <summary>Registers two certificates, and uses the second: a detour, not a failure.</summary>
    RegistersTwice,
}

/// <summary>A simulated device whose firmware has a fault. It stays connected with the pair that works, as the reference device does.</summary>
sealed class MisbehavingDevice(DeviceOptions options, ICredentialStore store, Misbehaviour fault)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    readonly string _thing = store.ReadIdentity()?.ThingName ?? throw new InvalidOperationException("Only a provisioned device can misbehave.");
    readonly ReferenceDevice _device = new(options, store);

    /// <summary>Lives until cancelled.</summary>
    /// <param name="onConnected">Told of each connection.</param>
    /// <exception cref="ProvisioningException">Its pair is not let in any more.</exception>
    public async Task Live(Action onConnected, CancellationToken cancellation)
    {
        var answered = false;
        while (true)
        {
            try
            {
                await using var connection = await Connect(store.ReadDevice()!, cancellation);
                if (fault != Misbehaviour.DoesNotListen) await connection.Subscribe($"devices/{_thing}/certs/rotate", QoS.AtLeastOnce, cancellation);
                await Report(connection, "connected", null, cancellation);
                onConnected();
                while (await NextCommand(connection, cancellation))
                {
                    if (answered) continue; // once is enough
                    answered = true;
                    if (!await Answer(connection, onConnected, cancellation)) break;
                }
            }
            catch (Exception lost) when (lost is IOException or TimeoutException or ChannelClosedException or ProvisioningException { Retryable: true } && !cancellation.IsCancellationRequested)
            {
                // The network, or the platform: connect again.
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    /// <returns>False: the connection is of no more use.</returns>
    async Task<bool> Answer(MqttClientConnection connection, Action onConnected, CancellationToken cancellation)
    {
        switch (fault)
        {
            case Misbehaviour.GoesAway:
                await connection.Disconnect(cancellation: cancellation);
                await Task.Delay(Timeout.Infinite, cancellation);
                break;
            case Misbehaviour.ReportsFailure:
                await Report(connection, "failed", "no room in flash", cancellation);
                break;
            case Misbehaviour.ReusesItsKey:
                await ReuseKey(connection, cancellation);
                break;
            case Misbehaviour.LosesTheNewPair:
                await Register(connection, cancellation);
                break;
            case Misbehaviour.NeverConnects:
                store.StoreSlot(store.ReadSlots().Other, await Register(connection, cancellation));
                break;
            case Misbehaviour.NeverPublishes:
                await using (var mute = await Connect(await Register(connection, cancellation), cancellation)) await mute.Closed.WaitAsync(cancellation);
                return false;
            case Misbehaviour.FallsBack:
                await (await Connect(await Register(connection, cancellation), cancellation)).DisposeAsync();
                await using (var old = await Connect(store.ReadDevice()!, cancellation)) await Report(old, "rolled-back", "the new pair does not work here", cancellation);
                return false;
            case Misbehaviour.RegistersTwice:
                await Register(connection, cancellation);
                store.StoreSlot(store.ReadSlots().Other, await Register(connection, cancellation));
                store.StoreSlots(new SlotState(store.ReadSlots().Other, 0, null));
                await _device.Operate(_ => onConnected(), cancellation); // from here on as it should be
                return false;
        }

        return true;
    }

    async Task ReuseKey(MqttClientConnection connection, CancellationToken cancellation)
    {
        using var held = KeyPair.FromPem(store.ReadDevice()!.PrivateKeyPem);
        try
        {
            var session = await Open(connection, cancellation);
            await session.RequestCertificate(held.PrivateKeyPem, held.CreateSigningRequest(_thing), cancellation);
        }
        catch (ProvisioningException refused) when (!refused.Retryable)
        {
            await Report(connection, "failed", refused.Message, cancellation);
        }
    }

    async Task<Credential> Register(MqttClientConnection connection, CancellationToken cancellation)
    {
        var session = await Open(connection, cancellation);
        using var key = KeyPair.CreateEcdsaP256();
        var issued = await session.RequestCertificate(key.PrivateKeyPem, key.CreateSigningRequest(_thing), cancellation);
        await session.RegisterThing(issued, cancellation);
        return issued.Credential;
    }

    async Task<ClaimSession> Open(MqttClientConnection connection, CancellationToken cancellation)
    {
        var session = new ClaimSession(connection, options with
        {
            TemplateName = RotateCommand.BuiltInTemplate,
            Key = KeyOrigin.DeviceEcdsaP256,
            Parameters = new Dictionary<string, string>(),
        });
        await session.Subscribe(cancellation);
        return session;
    }

    Task<MqttClientConnection> Connect(Credential credential, CancellationToken cancellation) =>
        _device.Connect(DeviceStep.Reconnect, credential, _thing, cancellation);

    static async Task<bool> NextCommand(MqttClientConnection connection, CancellationToken cancellation)
    {
        await foreach (var message in connection.Incoming.ReadAllAsync(cancellation))
            if (RotateCommand.TryRead(message.Payload) is not null) return true;
        return false;
    }

    Task<ReasonCode> Report(MqttClientConnection connection, string status, string? detail, CancellationToken cancellation) => connection.Publish(
        $"devices/{_thing}/certs/rotate/report", JsonSerializer.SerializeToUtf8Bytes(new { status, detail }), QoS.AtLeastOnce, cancellation: cancellation);
}
