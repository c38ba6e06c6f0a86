namespace FleetPlatform.Mqtt;

/// <summary>The result of an operation, MQTT 5.0 §2.4. Values of 0x80 and above are failures.</summary>
/// <remarks>0x00 is also "Normal disconnection" and "Granted QoS 0".</remarks>
public enum ReasonCode : byte
{
    Success = 0x00,
    GrantedQoS1 = 0x01,
    GrantedQoS2 = 0x02,
    DisconnectWithWill = 0x04,
    NoMatchingSubscribers = 0x10,
    NoSubscriptionExisted = 0x11,
    ContinueAuthentication = 0x18,
    ReAuthenticate = 0x19,
    UnspecifiedError = 0x80,
    MalformedPacket = 0x81,
    ProtocolError = 0x82,
    ImplementationSpecificError = 0x83,
    UnsupportedProtocolVersion = 0x84,
    ClientIdentifierNotValid = 0x85,
    BadUserNameOrPassword = 0x86,
    NotAuthorized = 0x87,
    ServerUnavailable = 0x88,
    ServerBusy = 0x89,
    Banned = 0x8A,
    ServerShuttingDown = 0x8B,
    BadAuthenticationMethod = 0x8C,
    KeepAliveTimeout = 0x8D,
    SessionTakenOver = 0x8E,
    TopicFilterInvalid = 0x8F,
    TopicNameInvalid = 0x90,
    PacketIdentifierInUse = 0x91,
    PacketIdentifierNotFound = 0x92,
    ReceiveMaximumExceeded = 0x93,
    TopicAliasInvalid = 0x94,
    PacketTooLarge = 0x95,
    MessageRateTooHigh = 0x96,
    QuotaExceeded = 0x97,
    AdministrativeAction = 0x98,
    PayloadFormatInvalid = 0x99,
    RetainNotSupported = 0x9A,
    QoSNotSupported = 0x9B,
    UseAnotherServer = 0x9C,
    ServerMoved = 0x9D,
    SharedSubscriptionsNotSupported = 0x9E,
    ConnectionRateExceeded = 0x9F,
    MaximumConnectTime = 0xA0,
    SubscriptionIdentifiersNotSupported = 0xA1,
    WildcardSubscriptionsNotSupported = 0xA2,
}

/// <summary>What a reason code means in either protocol version.</summary>
public static class ReasonCodes
{
    /// <summary>True for 0x80 and above: the operation failed (MQTT 5.0 §2.4).</summary>
    public static bool IsFailure(this ReasonCode reason) => (byte)reason >= 0x80;

    /// <summary>The CONNACK return code of MQTT 3.1.1 (§3.2.2.3) nearest to a reason code.</summary>
    /// <returns>0 to 5. What 3.1.1 has no word for is 3, server unavailable, when it may pass, otherwise 5, not authorized.</returns>
    public static byte ToConnectReturnCode(this ReasonCode reason) => reason switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword => 4,
        ReasonCode.ServerUnavailable or ReasonCode.ServerBusy or ReasonCode.QuotaExceeded or ReasonCode.ConnectionRateExceeded
            or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError or ReasonCode.ServerShuttingDown => 3,
        _ => 5,
    };

    /// <summary>The reason code of MQTT 5.0 nearest to a CONNACK return code of MQTT 3.1.1.</summary>
    public static ReasonCode FromConnectReturnCode(byte code) => code switch
    {
        0 => ReasonCode.Success,
        1 => ReasonCode.UnsupportedProtocolVersion,
        2 => ReasonCode.ClientIdentifierNotValid,
        3 => ReasonCode.ServerUnavailable,
        4 => ReasonCode.BadUserNameOrPassword,
        5 => ReasonCode.NotAuthorized,
        _ => throw new MalformedPacketException(ReasonCode.MalformedPacket, $"CONNACK return code {code} is reserved."),
    };
}
