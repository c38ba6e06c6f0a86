namespace FleetPlatform.Mqtt;

/// <summary>Extended authentication (MQTT 5.0 §3.15). Read and written, but the broker refuses it: certificates authenticate here.</summary>
public sealed record Auth : MqttPacket
{
    public ReasonCode Reason { get; init; }
    public string? AuthenticationMethod { get; init; }
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }
    public string? ReasonString { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0xF0;

    internal static Auth Read(PacketReader reader)
    {
        if (reader.Remaining == 0) return new Auth(); // §3.15.2.1
        var auth = new Auth { Reason = (ReasonCode)reader.ReadByte() };
        // [MQTT-3.15.2-1]
        if (auth.Reason is not (ReasonCode.Success or ReasonCode.ContinueAuthentication or ReasonCode.ReAuthenticate))
            throw new MalformedPacketException(ReasonCode.ProtocolError, $"Reason 0x{(byte)auth.Reason:X2} has no place in AUTH.");
        if (reader.Remaining > 0)
        {
            var block = new PropertyBlock(ref reader);
            while (block.Next(out var id))
            {
                auth = id switch
                {
                    PropertyId.AuthenticationMethod => auth with { AuthenticationMethod = block.String() },
                    PropertyId.AuthenticationData => auth with { AuthenticationData = block.Binary() },
                    PropertyId.ReasonString => auth with { ReasonString = block.String() },
                    _ => throw PropertyBlock.Misplaced(id, "AUTH"),
                };
            }

            auth = auth with { UserProperties = block.UserProperties };
        }

        reader.ExpectEnd();
        return auth;
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        var bare = AuthenticationMethod is null && AuthenticationData is null && ReasonString is null && UserProperties.Count == 0;
        if (bare && Reason == ReasonCode.Success) return;
        writer.WriteByte((byte)Reason);
        if (bare) return;
        writer.BeginProperties();
        writer.Property(PropertyId.AuthenticationMethod, AuthenticationMethod);
        writer.Property(PropertyId.AuthenticationData, AuthenticationData);
        writer.Property(PropertyId.ReasonString, ReasonString);
        writer.UserProperties(UserProperties);
        writer.EndProperties();
    }
}
