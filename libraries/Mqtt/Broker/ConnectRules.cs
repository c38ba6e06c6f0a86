using System.Text;

namespace FleetPlatform.Mqtt;

/// <summary>What is wrong with a well-formed CONNECT before anyone is asked about trust.</summary>
static class ConnectRules
{
    /// <param name="Reason">What CONNACK says.</param>
    /// <param name="Close">True: without CONNACK, because the version has no word for it.</param>
    /// <param name="Detail">For people.</param>
    public readonly record struct Broken(ReasonCode Reason, bool Close, string Detail);

    public static Broken? Check(Connect connect, MqttBrokerOptions options)
    {
        var isV5 = connect.Version == ProtocolVersion.V500;
        if (connect.AuthenticationMethod is not null)
            return new(ReasonCode.BadAuthenticationMethod, false, "Extended authentication is not available."); // [MQTT-4.12.0-1]

        // 3.1.1 may leave its id out only with a clean session [MQTT-3.1.3-7], [MQTT-3.1.3-8].
        if (connect.ClientId.Length == 0 && !isV5 && !connect.CleanStart)
            return new(ReasonCode.ClientIdentifierNotValid, false, "A persistent session needs a client id.");
        if (!IsValidClientId(connect.ClientId, options))
            return new(ReasonCode.ClientIdentifierNotValid, false, "The client id is too long or has characters that are not allowed.");
        if (connect.MaximumPacketSize < options.MinimumClientPacketBytes)
            return new(ReasonCode.QuotaExceeded, false, "Maximum Packet Size is too small.");
        if (UserPropertyBytes(connect.UserProperties) > options.MaximumUserPropertyBytes)
            return new(ReasonCode.QuotaExceeded, false, "Too many user properties.");
        return connect.Will is { } will ? CheckWill(will, isV5, options) : null;
    }

    static Broken? CheckWill(Will will, bool isV5, MqttBrokerOptions options)
    {
        if (will.QoS == QoS.ExactlyOnce) return new(ReasonCode.QoSNotSupported, !isV5, "A will of QoS 2 is not supported."); // [MQTT-3.2.2-12]
        if (!TopicName.IsValid(will.Topic, options.MaximumTopicBytes, options.MaximumTopicSlashes))
            return new(ReasonCode.TopicNameInvalid, !isV5, "The will's topic is not valid.");
        if (will.Payload.Length > options.MaximumPayloadBytes) return new(ReasonCode.QuotaExceeded, !isV5, "The will's payload is too large.");
        if (will.Properties is { } properties && PropertiesProblem(properties, options) is { } problem) return new(ReasonCode.QuotaExceeded, !isV5, problem);
        return null;
    }

    static bool IsValidClientId(string clientId, MqttBrokerOptions options) =>
        clientId.Length == 0
        || (Encoding.UTF8.GetByteCount(clientId) <= options.MaximumClientIdBytes
            && !TopicName.HasControlCharacters(clientId)
            && !(options.RefuseDollarClientId && clientId[0] == '$'));

    /// <returns>Which limit a message's properties exceed, or null.</returns>
    public static string? PropertiesProblem(MessageProperties properties, MqttBrokerOptions options)
    {
        if (properties.ContentType is { } type && Encoding.UTF8.GetByteCount(type) > options.MaximumContentTypeBytes) return "The content type is too long.";
        if (properties.CorrelationData is { } data && data.Length > options.MaximumCorrelationBytes) return "The correlation data is too long.";
        if (properties.ResponseTopic is { } topic && !TopicName.Fits(topic, options.MaximumTopicBytes, ushort.MaxValue)) return "The response topic is too long.";
        return UserPropertyBytes(properties.UserProperties) > options.MaximumUserPropertyBytes ? "Too many user properties." : null;
    }

    static int UserPropertyBytes(IReadOnlyList<UserProperty> properties)
    {
        var bytes = 0;
        for (var i = 0; i < properties.Count; i++)
            bytes += Encoding.UTF8.GetByteCount(properties[i].Name) + Encoding.UTF8.GetByteCount(properties[i].Value);
        return bytes;
    }
}
