using System.Diagnostics;
using System.Security.Authentication;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;

namespace FleetPlatform.Device;

/// <summary>
/// The reference device: from a claim certificate in a slot to an operational device with its own, as the firmware does it. It may lose power
/// anywhere; the next <see cref="Provision"/> goes on from what the store holds.
/// </summary>
/// <param name="options">What is built into the firmware.</param>
/// <param name="store">What the device keeps.</param>
/// <param name="progress">Told of each attempt at each step as it ends; called on whatever thread that is.</param>
/// <param name="clock">The system's when null.</param>
public sealed partial class ReferenceDevice(DeviceOptions options, ICredentialStore store, IProgress<StepReport>? progress = null, TimeProvider? clock = null)
{
    /// <summary>How long the platform keeps what comes for a device that is away.</summary>
    const uint SessionSeconds = 7 * 86_400;

    readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Does what is left to do until the device has connected with its own certificate and the claim is deleted.</summary>
    /// <returns>Who the device is. At once when there is nothing left to do but to connect.</returns>
    /// <exception cref="ProvisioningException">A step failed for good, or too often. What the store holds stays usable.</exception>
    public async Task<DeviceIdentity> Provision(CancellationToken cancellation = default)
    {
        // A credential without a proven connection: it may have lost power before or after it was registered.
        if (store.ReadDevice() is { } device && await TryReconnect(device, cancellation) is { } known) return known;

        var identity = await Register(cancellation);
        await Retried(DeviceStep.Reconnect, attempt => Reconnect(store.ReadDevice()!, identity, attempt, cancellation), cancellation);
        await Step(DeviceStep.DeleteClaim, 1, () => Do(store.DeleteClaim));
        return identity;
    }

    /// <summary>Connects as the provisioned device.</summary>
    /// <exception cref="ProvisioningException">There is no credential, or the connection failed.</exception>
    public Task<MqttClientConnection> Connect(CancellationToken cancellation = default) => Connect(
        DeviceStep.Reconnect, InUse(), OperationalClientId(store.ReadIdentity()), cancellation);

    async Task<DeviceIdentity?> TryReconnect(Credential device, CancellationToken cancellation)
    {
        var identity = store.ReadIdentity() ?? new DeviceIdentity { CertificateId = device.CertificateId };
        var claim = store.ReadClaim();
        try
        {
            await Retried(DeviceStep.Reconnect, attempt => Reconnect(device, identity, attempt, cancellation), cancellation);
        }
        catch (ProvisioningException) when (claim is not null)
        {
            return null; // never registered, it seems: begin again with the claim
        }

        // Deletes what a power cut in the middle of deleting left as well.
        await Step(DeviceStep.DeleteClaim, 1, () => Do(store.DeleteClaim));
        return identity;
    }

    async Task<DeviceIdentity> Register(CancellationToken cancellation)
    {
        var claim = store.ReadClaim() ?? throw NoCredential(DeviceStep.ConnectWithClaim, "There is neither a claim nor a device credential that works.");
        IssuedCertificate? issued = null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var session = await OpenSession(claim, attempt, cancellation);
                issued ??= await RequestCertificate(session, attempt, cancellation);
                var identity = await Step(DeviceStep.RegisterThing, attempt, () => session.RegisterThing(issued, cancellation));
                store.StoreIdentity(identity);
                return identity;
            }
            catch (ProvisioningException failure) when (attempt < options.Retry.Attempts && (failure.Retryable || IsSpentToken(failure)))
            {
                if (IsSpentToken(failure)) issued = null; // the next attempt begins with a new certificate
                await Task.Delay(options.Retry.DelayAfter(attempt, Random.Shared.NextDouble()), _clock, cancellation);
            }
        }
    }

    async Task<ClaimSession> OpenSession(Credential claim, int attempt, CancellationToken cancellation)
    {
        var connection = await Step(DeviceStep.ConnectWithClaim, attempt, () => Connect(
            DeviceStep.ConnectWithClaim, claim, options.ClaimClientId ?? $"claim-{Guid.CreateVersion7():N}", cancellation));
        var session = new ClaimSession(connection, options);
        try
        {
            await Step(DeviceStep.Subscribe, attempt, () => Guarded(DeviceStep.Subscribe, () => session.Subscribe(cancellation), cancellation));
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    async Task<IssuedCertificate> RequestCertificate(ClaimSession session, int attempt, CancellationToken cancellation)
    {
        var (key, request) = options.Key == KeyOrigin.Server
            ? (null, null)
            : await Step(DeviceStep.GenerateKey, attempt, () => Task.FromResult(GenerateKey()));
        var issued = await Step(DeviceStep.RequestCertificate, attempt, () => session.RequestCertificate(key, request, cancellation));

        // Before it is registered: a certificate that works must never be one that was lost.
        await Step(DeviceStep.StoreCredentials, attempt, () => Do(() => store.StoreDevice(issued.Credential)));
        return issued;
    }

    (string? Key, string? Request) GenerateKey()
    {
        using var key = options.Key == KeyOrigin.DeviceRsa2048 ? KeyPair.CreateRsa2048() : KeyPair.CreateEcdsaP256();
        return (key.PrivateKeyPem, key.CreateSigningRequest(options.CommonName ?? options.Parameters.GetValueOrDefault("SerialNumber") ?? "device"));
    }

    async Task Reconnect(Credential device, DeviceIdentity identity, int attempt, CancellationToken cancellation)
    {
        await using var connection = await Step(DeviceStep.Reconnect, attempt, () => Connect(
            DeviceStep.Reconnect, device, OperationalClientId(identity), cancellation));
        await Guarded(DeviceStep.Reconnect, () => connection.Disconnect(cancellation: cancellation), cancellation);
    }

    string OperationalClientId(DeviceIdentity? identity) =>
        options.ClientId ?? identity?.ThingName ?? options.Parameters.GetValueOrDefault("SerialNumber") ?? "";

    internal async Task<MqttClientConnection> Connect(
        DeviceStep step, Credential credential, string clientId, CancellationToken cancellation, bool keepsSession = false)
    {
        MqttClientConnection? connection = null;
        await Guarded(step, async () => connection = await MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = options.Host,
            Port = options.Port,
            ClientId = clientId,
            Version = options.Version,
            CleanStart = !keepsSession,
            SessionExpiry = keepsSession && options.Version == ProtocolVersion.V500 ? SessionSeconds : null,
            ConnectTimeout = options.ConnectTimeout,
            AnswerTimeout = options.AnswerTimeout,
            Tls = new MqttClientTls
            {
                CertificateContext = credential.Context,
                Roots = options.Roots,
                Protocols = options.Tls,
                ApplicationProtocols = options.ApplicationProtocols,
            },
        }, cancellation), cancellation);
        return connection!;
    }

    async Task Retried(DeviceStep step, Func<int, Task> act, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await act(attempt);
                return;
            }
            catch (ProvisioningException failure) when (failure.Step == step && failure.Retryable && attempt < options.Retry.Attempts)
            {
                await Task.Delay(options.Retry.DelayAfter(attempt, Random.Shared.NextDouble()), _clock, cancellation);
            }
        }
    }

    /// <summary>Says of a failed connection which step it was and whether it may pass.</summary>
    static async Task Guarded(DeviceStep step, Func<Task> act, CancellationToken cancellation)
    {
        try
        {
            await act();
        }
        catch (MqttConnectException refused)
        {
            throw new ProvisioningException(step, "refused", refused.Message, retryable: refused.Reason is ReasonCode.ServerBusy or ReasonCode.ServerUnavailable or ReasonCode.ConnectionRateExceeded, refused);
        }
        catch (AuthenticationException tls)
        {
            throw new ProvisioningException(step, "tls", tls.Message, retryable: false, tls);
        }
        catch (TimeoutException late) when (!cancellation.IsCancellationRequested)
        {
            throw new ProvisioningException(step, "timeout", late.Message, retryable: true, late);
        }
        catch (IOException lost)
        {
            throw new ProvisioningException(step, "connection", lost.Message, retryable: true, lost);
        }
    }

    Task<bool> Step(DeviceStep step, int attempt, Func<Task> act) => Step(step, attempt, async () =>
    {
        await act();
        return true;
    });

    async Task<T> Step<T>(DeviceStep step, int attempt, Func<Task<T>> act)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var result = await act();
            progress?.Report(new(step, attempt, Stopwatch.GetElapsedTime(began), null));
            return result;
        }
        catch (ProvisioningException failure)
        {
            progress?.Report(new(step, attempt, Stopwatch.GetElapsedTime(began), failure));
            throw;
        }
    }

    static Task Do(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    static bool IsSpentToken(ProvisioningException failure) => failure is { Step: DeviceStep.RegisterThing, Code: "InvalidCertificateOwnershipToken" };

    static ProvisioningException NoCredential(DeviceStep step, string message) => new(step, "credentials", message, retryable: false);
}
