using System.Security.Cryptography;
using System.Text.Json;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.Pki;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>
/// Rotates for a device that cannot make a key: has a pair made, registers it as the device would have done over its connection, and sends it
/// down that connection and nowhere else. The key comes sealed to this process, is never queued (QoS 0, past the broker), and is wiped.
/// A device that is away gets nothing; the scheduler tries again. So it does, and at once, where a pair was made and reached nobody: the scheduler is told.
/// </summary>
sealed class PushPair(
    IBatcher<IssueCertificate, IssueCertificateAnswer> authority, IBatcher<ProvisionThing, ProvisionThingAnswer> engine, SealedSecretOpener opener,
    LiveSessions live, Principals principals, SessionRecords records, RotationNews news, GatewayOptions options, TimeProvider clock, ILogger<PushPair> log)
{
    const int RegistrationAttempts = 4;
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="command">What the scheduler has decided; it goes to every gateway, and may come twice.</param>
    /// <param name="certificateId">The certificate to replace.</param>
    public async Task Handle(DeviceCommand command, string certificateId)
    {
        foreach (var client in live.ClientsOf(certificateId))
        {
            if (client.State is not DeviceConnection connection || connection.Speaker != command.ThingName || !Listens(client, connection, command.Topic)) continue;
            if (connection.TakesPush(command.Payload)) await Push(client, connection, command);
            return;
        }
    }

    // Nothing is made that nobody would hear.
    static bool Listens(MqttClient client, DeviceConnection connection, string topic) =>
        client.SubscribedQoS(topic) is not null && connection.Rights.Allow(PolicyAction.Receive, topic);

    async Task Push(MqttClient client, DeviceConnection connection, DeviceCommand command)
    {
        try
        {
            var flow = connection.NewFlow();
            var made = await authority.Ask(new() { Flow = flow, Purpose = CertificatePurpose.Device, KeyAlgorithm = options.GeneratedKeys, SealTo = opener.PublicKey });
            var refused = made.Refused ?? await Register(connection, made);
            if (refused is not null)
            {
                records.Refused(connection, "push-pair", command.Topic, refused, flow.FlowId);
                news.NotPushed(connection, command.ThingName, $"{refused.Code}: {refused.Detail}");
            }
            else if (Send(client, connection, command, made, flow.FlowId))
            {
                Log.PairPushed(log, command.ThingName, made.CertificateId!);
                records.PairPushed(connection, made.CertificateId!, command.ThingName, clock.GetUtcNow());
            }
            else
            {
                news.NotPushed(connection, command.ThingName, "The connection ended, or takes nothing more, while the pair was made.");
            }
        }
        catch (RequestUnavailableException)
        {
            Log.PairNotPushed(log, command.ThingName);
            news.NotPushed(connection, command.ThingName, "A part of the platform did not answer.");
        }
    }

    // Asked again when it is not known whether it was done: the same token gives the same answer, and a pair that is registered and not sent bars the next.
    async Task<Refused?> Register(DeviceConnection connection, IssueCertificateAnswer made)
    {
        connection.Gave(made.CertificateId!);
        var askedAt = principals.Changes;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var registered = await engine.Ask(new()
                {
                    Flow = connection.NewFlow(), TemplateName = RotationProtocol.TemplateName, OwnershipToken = made.OwnershipToken!, Parameters = new Dictionary<string, string>(),
                });
                if (registered.Grant is { } grant) principals.Learn(grant, FirstConnection.Expected, askedAt);
                return registered.Refused;
            }
            catch (RequestUnavailableException) when (attempt < RegistrationAttempts)
            {
                await Task.Delay(Pause * attempt, clock);
            }
        }
    }

    bool Send(MqttClient client, DeviceConnection connection, DeviceCommand command, IssueCertificateAnswer made, string flowId)
    {
        var privateKey = opener.Open(made.SealedPrivateKey!, flowId);
        try
        {
            using var said = JsonDocument.Parse(command.Payload);
            var body = Reply.PushedPair(said.RootElement, made.CertificatePem!, privateKey).Body;
            connection.WipeAtEnd(body);
            return client.Deliver(command.Topic, body, QoS.AtMostOnce);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }
}
