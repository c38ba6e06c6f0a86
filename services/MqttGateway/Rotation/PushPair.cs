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
/// A device that is away gets nothing; the scheduler tries again.
/// </summary>
sealed class PushPair(
    IBatcher<IssueCertificate, IssueCertificateAnswer> authority, IBatcher<ProvisionThing, ProvisionThingAnswer> engine, SealedSecretOpener opener,
    LiveSessions live, Principals principals, SessionRecords records, GatewayOptions options, TimeProvider clock, ILogger<PushPair> log)
{
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
            if (made.Refused is { } unmade)
            {
                records.Refused(connection, "push-pair", command.Topic, unmade, flow.FlowId);
                return;
            }

            if (await Register(connection, made) is { } unregistered) records.Refused(connection, "push-pair", command.Topic, unregistered, flow.FlowId);
            else Send(client, connection, command, made, flow.FlowId);
        }
        catch (RequestUnavailableException)
        {
            Log.PairNotPushed(log, command.ThingName); // the attempt ends by its deadline, and there is another
        }
    }

    async Task<Refused?> Register(DeviceConnection connection, IssueCertificateAnswer made)
    {
        connection.Gave(made.CertificateId!);
        var registered = await engine.Ask(new()
        {
            Flow = connection.NewFlow(), TemplateName = RotationProtocol.TemplateName, OwnershipToken = made.OwnershipToken!, Parameters = new Dictionary<string, string>(),
        });
        if (registered.Grant is { } grant) principals.Learn(grant, FirstConnection.Expected);
        return registered.Refused;
    }

    void Send(MqttClient client, DeviceConnection connection, DeviceCommand command, IssueCertificateAnswer made, string flowId)
    {
        var privateKey = opener.Open(made.SealedPrivateKey!, flowId);
        try
        {
            using var said = JsonDocument.Parse(command.Payload);
            var body = Reply.PushedPair(said.RootElement, made.CertificatePem!, privateKey).Body;
            connection.WipeAtEnd(body);
            if (!client.Deliver(command.Topic, body, QoS.AtMostOnce)) return;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }

        Log.PairPushed(log, command.ThingName, made.CertificateId!);
        records.PairPushed(connection, made.CertificateId!, command.ThingName, clock.GetUtcNow());
    }
}
