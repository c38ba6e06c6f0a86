using FleetPlatform.Contracts;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>The gateway's answers to the broker. After CONNECT everything is decided from memory: no packet waits for the bus or a database.</summary>
sealed class GatewayPolicy(
    AcceptConnection accept, RecordFault faults, LiveSessions live, AnswerRequests requests, Principals principals, SessionRecords records, RotationNews rotation, GatewayMetrics metrics,
    ILogger<GatewayPolicy> log) : IMqttPolicy
{
    public ValueTask<ConnectVerdict> AuthorizeConnect(ConnectAttempt attempt, CancellationToken cancellation) => accept.Handle(attempt, cancellation);

    public PublishVerdict AuthorizePublish(MqttClient client, Publish publish)
    {
        var connection = Of(client);
        var topic = publish.Topic;
        if (ReservedTopics.IsReserved(topic)) return AuthorizeReserved(connection, publish);

        var rights = connection.Rights;
        if (!rights.Allow(PolicyAction.Publish, topic)) return Deny(connection, "publish", topic);
        if (publish.Retain && !rights.Allow(PolicyAction.RetainPublish, topic)) return Deny(connection, "retain-publish", topic);
        rotation.Published(connection, publish, isWill: !client.IsConnected);
        return PublishVerdict.Route;
    }

    public ReasonCode AuthorizeSubscribe(MqttClient client, string filter, QoS requested, out bool close)
    {
        close = false;
        var connection = Of(client);
        if (ReservedTopics.IsReserved(filter) && !ReservedTopics.SelectsAnswers(filter) && !ReservedTopics.IsEvent(filter))
            return Misuse(connection, filter, "Only the accepted and rejected topics of provisioning, and events, can be subscribed to; requests are published.");
        if (!connection.Rights.Allow(PolicyAction.Subscribe, filter)) return Denied(connection, filter);
        return requested == QoS.AtMostOnce ? ReasonCode.Success : ReasonCode.GrantedQoS1;
    }

    // Answers under '$' never come from the broker: whoever could publish there could forge one. Events do; nobody but the platform publishes those.
    public bool AuthorizeReceive(MqttClient client, Publish publish) =>
        (!ReservedTopics.IsReserved(publish.Topic) || ReservedTopics.IsEvent(publish.Topic)) && Of(client).Rights.Allow(PolicyAction.Receive, publish.Topic);

    public ValueTask OnReserved(MqttClient client, Publish publish)
    {
        requests.Take(client, Of(client), publish);
        return ValueTask.CompletedTask;
    }

    public void OnFault(MqttFault fault) => faults.Handle(fault);

    public void OnConnected(MqttClient client)
    {
        var connection = Of(client);
        live.Add(client, connection);
        rotation.Connected(connection);
        if (connection.Rights.Bounds is { } bounds) records.AdmittedToRenew(connection, bounds);
        if (connection.FirstConnection == FirstConnection.Known) return;
        principals.FirstConnectionSeen(connection.PrincipalId);
        records.FirstConnected(connection);
    }

    public void OnDisconnected(MqttClient client, DisconnectCause cause)
    {
        var connection = Of(client);
        live.Remove(client, connection);
        connection.Wipe();
    }

    PublishVerdict AuthorizeReserved(DeviceConnection connection, Publish publish)
    {
        var topic = publish.Topic;
        if (publish.Retain) return Misuse(connection, topic, "RETAIN is not allowed on topics that begin with '$'.");
        if (!ReservedTopics.TryParse(topic, out var parsed)) return Misuse(connection, topic, "No such reserved topic.");
        if (parsed.Side != TopicSide.Request) return Misuse(connection, topic, "Answers are the platform's to publish.");
        if (connection.Certificate is null || !connection.Rights.Allow(PolicyAction.Publish, topic)) return Deny(connection, "publish", topic);
        return PublishVerdict.Reserved;

        PublishVerdict Misuse(DeviceConnection connection, string topic, string detail)
        {
            metrics.Denied("publish-reserved");
            records.Refused(connection, "publish", topic, Reasons.ReservedTopic.ToRefused(detail));
            return PublishVerdict.Refuse(ReasonCode.NotAuthorized);
        }
    }

    PublishVerdict Deny(DeviceConnection connection, string action, string topic)
    {
        metrics.Denied(action);
        Log.Denied(log, connection.ClientId, action, topic);
        records.Refused(connection, action, topic, connection.Rights.Denial("publish here"));
        return PublishVerdict.Refuse(ReasonCode.NotAuthorized);
    }

    ReasonCode Denied(DeviceConnection connection, string filter)
    {
        metrics.Denied("subscribe");
        Log.Denied(log, connection.ClientId, "subscribe", filter);
        records.Refused(connection, "subscribe", filter, connection.Rights.Denial("subscribe to this filter"));
        return ReasonCode.NotAuthorized;
    }

    ReasonCode Misuse(DeviceConnection connection, string filter, string detail)
    {
        metrics.Denied("subscribe-reserved");
        records.Refused(connection, "subscribe", filter, Reasons.ReservedTopic.ToRefused(detail));
        return ReasonCode.NotAuthorized;
    }

    static DeviceConnection Of(MqttClient client) => (DeviceConnection)client.State!;
}
