using System.Text;

namespace FleetPlatform.Mqtt;

/// <summary>What is wrong with a well-formed CONNECT before anyone is asked about trust.</summary>
static class ConnectRules
{
    /// <param name="Kind">What the policy is told.</param>
    /// <param name="Reason">What CONNACK says.</param>
    /// <param name="Close">True: without CONNACK, because the version has no word for it.</param>
    /// <param name="Detail">For people.</param>
    public readonly record struct Broken(MqttFaultKind Kind, ReasonCode Reason, bool Close, string Detail);

    public static Broken? Check(Connect connect, MqttBrokerOptions options)
    {
        var isV5 = connect.Version == ProtocolVersion.V500;
        if (connect.AuthenticationMethod is not null)
            return new(MqttFaultKind.NotSupported, ReasonCode.BadAuthenticationMethod, false, "Extended authentication is not available."); // [MQTT-4.12.0-1]

        // 3.1.1 may leave its id out only with a clean session [MQTT-3.1.3-7], [MQTT-3.1.3-8].
        if (connect.ClientId.Length == 0 && !isV5 && !connect.CleanStart)
            return new(MqttFaultKind.InvalidRequest, ReasonCode.ClientIdentifierNotValid, false, "A persistent session needs a client id.");
        if (CheckClientId(connect.ClientId, options) is { } wrong) return wrong;
        if (connect.MaximumPacketSize < options.MinimumClientPacketBytes)
            return new(MqttFaultKind.LimitExceeded, ReasonCode.QuotaExceeded, false, $"Maximum Packet Size is below {options.MinimumClientPacketBytes} (MinimumClientPacketBytes).");
        if (UserPropertyBytes(connect.UserProperties) > options.MaximumUserPropertyBytes)
            return new(MqttFaultKind.LimitExceeded, ReasonCode.QuotaExceeded, false, TooManyProperties(options));
        return connect.Will is { } will ? CheckWill(will, isV5, options) : null;
    }

    static Broken? CheckWill(Will will, bool isV5, MqttBrokerOptions options)
    {
        if (will.QoS == QoS.ExactlyOnce) return new(MqttFaultKind.NotSupported, ReasonCode.QoSNotSupported, !isV5, "A will of QoS 2 is not supported."); // [MQTT-3.2.2-12]
        if (!TopicName.IsValid(will.Topic, ushort.MaxValue, ushort.MaxValue))
            return new(MqttFaultKind.InvalidRequest, ReasonCode.TopicNameInvalid, !isV5, "The will's topic is not valid.");
        if (!TopicName.Fits(will.Topic, options.MaximumTopicBytes, options.MaximumTopicSlashes))
            return new(MqttFaultKind.LimitExceeded, ReasonCode.TopicNameInvalid, !isV5, "Will: " + TopicTooLong(options));
        if (will.Payload.Length > options.MaximumPayloadBytes)
            return new(MqttFaultKind.LimitExceeded, ReasonCode.QuotaExceeded, !isV5, "Will: " + PayloadTooLarge(options));
        if (will.Properties is { } properties && PropertiesProblem(properties, options) is { } problem)
            return new(MqttFaultKind.LimitExceeded, ReasonCode.QuotaExceeded, !isV5, problem);
        return null;
    }

    static Broken? CheckClientId(string clientId, MqttBrokerOptions options)
    {
        if (clientId.Length == 0) return null;
        if (Encoding.UTF8.GetByteCount(clientId) > options.MaximumClientIdBytes)
            return new(MqttFaultKind.LimitExceeded, ReasonCode.ClientIdentifierNotValid, false, $"The client id is longer than {options.MaximumClientIdBytes} bytes (MaximumClientIdBytes).");
        if (TopicName.HasControlCharacters(clientId))
            return new(MqttFaultKind.InvalidRequest, ReasonCode.ClientIdentifierNotValid, false, "The client id holds control characters.");
        return options.RefuseDollarClientId && clientId[0] == '$'
            ? new(MqttFaultKind.InvalidRequest, ReasonCode.ClientIdentifierNotValid, false, "A client id cannot begin with '$'.")
            : null;
    }

    public static string PayloadTooLarge(MqttBrokerOptions options) => $"The payload has more than {options.MaximumPayloadBytes} bytes (MaximumPayloadBytes).";

    public static string TopicTooLong(MqttBrokerOptions options) =>
        $"The topic has more than {options.MaximumTopicBytes} bytes (MaximumTopicBytes) or {options.MaximumTopicSlashes} '/' (MaximumTopicSlashes).";

    static string TooManyProperties(MqttBrokerOptions options) => $"The user properties have more than {options.MaximumUserPropertyBytes} bytes (MaximumUserPropertyBytes).";

    /// <returns>Which limit a message's properties exceed, or null.</returns>
    public static string? PropertiesProblem(MessageProperties properties, MqttBrokerOptions options)
    {
        if (properties.ContentType is { } type && Encoding.UTF8.GetByteCount(type) > options.MaximumContentTypeBytes) return $"The content type has more than {options.MaximumContentTypeBytes} bytes (MaximumContentTypeBytes).";
        if (properties.CorrelationData is { } data && data.Length > options.MaximumCorrelationBytes) return $"The correlation data has more than {options.MaximumCorrelationBytes} bytes (MaximumCorrelationBytes).";
        if (properties.ResponseTopic is { } topic && !TopicName.Fits(topic, options.MaximumTopicBytes, ushort.MaxValue)) return $"The response topic has more than {options.MaximumTopicBytes} bytes (MaximumTopicBytes).";
        return UserPropertyBytes(properties.UserProperties) > options.MaximumUserPropertyBytes ? TooManyProperties(options) : null;
    }

    static int UserPropertyBytes(IReadOnlyList<UserProperty> properties)
    {
        var bytes = 0;
        for (var i = 0; i < properties.Count; i++)
            bytes += Encoding.UTF8.GetByteCount(properties[i].Name) + Encoding.UTF8.GetByteCount(properties[i].Value);
        return bytes;
    }
}
