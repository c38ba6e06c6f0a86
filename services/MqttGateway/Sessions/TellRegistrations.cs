using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.Contracts.MqttGateway;
using FleetPlatform.Mqtt;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>Tells subscribers of <c>$aws/events/certificates/registered/{caCertificateId}</c> of a pending certificate, in AWS's words (aws-protocol 5.2).</summary>
sealed class TellRegistrations(MqttBroker broker, Arn arn)
{
    public const string Topic = "$aws/events/certificates/registered/";

    public void Handle(PendingCertificateConnected message) => broker.Publish(new Publish
    {
        Topic = Topic + message.CaCertificateId,
        Payload = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["certificateId"] = message.CertificateId,
            ["caCertificateId"] = message.CaCertificateId,
            ["timestamp"] = message.ConnectedAt.ToUnixTimeMilliseconds(),
            ["certificateStatus"] = "PENDING_ACTIVATION",
            ["awsAccountId"] = arn.AccountId,
            ["certificateRegistrationTimestamp"] = null,
        }),
        QoS = QoS.AtLeastOnce,
    });
}

sealed class PendingCertificateConnectedConsumer(TellRegistrations tell) : IConsumer<PendingCertificateConnected>
{
    public Task Consume(ConsumeContext<PendingCertificateConnected> context)
    {
        tell.Handle(context.Message);
        return Task.CompletedTask;
    }
}
