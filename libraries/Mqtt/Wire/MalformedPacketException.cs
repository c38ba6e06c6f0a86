namespace FleetPlatform.Mqtt;

/// <summary>The bytes a peer sent are not what the standard allows. The connection cannot go on.</summary>
/// <remarks>Thrown by the readers of Wire and Packets, and by nothing else; caught once, in the read loop.</remarks>
public sealed class MalformedPacketException : Exception
{
    public MalformedPacketException() : this(ReasonCode.MalformedPacket, "Malformed packet.") { }
    public MalformedPacketException(string message) : this(ReasonCode.MalformedPacket, message) { }
    public MalformedPacketException(string message, Exception inner) : base(message, inner) => Reason = ReasonCode.MalformedPacket;

    /// <param name="reason">What DISCONNECT or CONNACK tells a peer that speaks MQTT 5.0.</param>
    /// <param name="message">What is wrong, with sizes and names but never with payload.</param>
    public MalformedPacketException(ReasonCode reason, string message) : base(message) => Reason = reason;

    /// <summary>Usually <see cref="ReasonCode.MalformedPacket"/> or <see cref="ReasonCode.ProtocolError"/>.</summary>
    public ReasonCode Reason { get; }
}
