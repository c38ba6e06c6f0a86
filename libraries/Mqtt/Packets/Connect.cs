namespace FleetPlatform.Mqtt;

/// <summary>The first packet of a connection (MQTT 5.0 §3.1).</summary>
public sealed record Connect : MqttPacket
{
    public required ProtocolVersion Version { get; init; }

    /// <summary>Empty asks the server to choose one.</summary>
    public required string ClientId { get; init; }

    /// <summary>Clean Start of 5.0, Clean Session of 3.1.1: any earlier session is discarded.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>Seconds; 0 asks for none.</summary>
    public ushort KeepAlive { get; init; }

    public Will? Will { get; init; }
    public string? UserName { get; init; }
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Seconds the session outlives the connection; 0xFFFFFFFF for ever. Null: ends with it. 5.0 only.</summary>
    public uint? SessionExpiry { get; init; }

    /// <summary>Unacknowledged QoS 1 messages the client accepts; null is 65,535. 5.0 only.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Largest packet in bytes the client accepts. 5.0 only.</summary>
    public uint? MaximumPacketSize { get; init; }

    public ushort? TopicAliasMaximum { get; init; }
    public bool? RequestResponseInformation { get; init; }

    /// <summary>False asks for no reason strings outside PUBLISH, CONNACK and DISCONNECT [MQTT-3.1.2-29].</summary>
    public bool? RequestProblemInformation { get; init; }

    public string? AuthenticationMethod { get; init; }
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal override byte Header => 0x10;

    internal static Connect Read(PacketReader reader)
    {
        var name = reader.ReadString();
        // A protocol name that is not "MQTT" closes the connection [MQTT-3.1.2-1]. "MQIsdp" is 3.1, told that it is too old.
        if (name is not ("MQTT" or "MQIsdp"))
            throw new MalformedPacketException(ReasonCode.ProtocolError, "Protocol name is not MQTT.");

        var level = reader.ReadByte();
        // The one bad CONNECT that deserves an answer [MQTT-3.1.2-2].
        if (name != "MQTT" || level is not (4 or 5))
            throw new MalformedPacketException(ReasonCode.UnsupportedProtocolVersion, $"Protocol level {level} is not supported.");

        var version = (ProtocolVersion)level;
        var flags = new ConnectFlags(reader.ReadByte(), version);
        var keepAlive = reader.ReadUInt16();
        var connect = new Connect { Version = version, ClientId = "", CleanStart = flags.CleanStart, KeepAlive = keepAlive };
        if (version == ProtocolVersion.V500) connect = connect.ReadProperties(ref reader);

        connect = connect with { ClientId = reader.ReadString() }; // always present, first [MQTT-3.1.3-1], [MQTT-3.1.3-3]
        if (flags.Will) connect = connect with { Will = Will.Read(ref reader, flags.WillQoS, flags.WillRetain, version) };
        if (flags.UserName) connect = connect with { UserName = reader.ReadString() };
        if (flags.Password) connect = connect with { Password = reader.ReadBinary() };
        reader.ExpectEnd();
        return connect;
    }

    Connect ReadProperties(ref PacketReader reader)
    {
        var block = new PropertyBlock(ref reader);
        var connect = this;
        while (block.Next(out var id))
        {
            connect = id switch
            {
                PropertyId.SessionExpiry => connect with { SessionExpiry = block.UInt32() },
                PropertyId.ReceiveMaximum => connect with { ReceiveMaximum = block.NonZeroUInt16(id) },
                PropertyId.MaximumPacketSize => connect with { MaximumPacketSize = block.NonZeroUInt32(id) },
                PropertyId.TopicAliasMaximum => connect with { TopicAliasMaximum = block.UInt16() },
                PropertyId.RequestResponseInformation => connect with { RequestResponseInformation = block.Flag(id) },
                PropertyId.RequestProblemInformation => connect with { RequestProblemInformation = block.Flag(id) },
                PropertyId.AuthenticationMethod => connect with { AuthenticationMethod = block.String() },
                PropertyId.AuthenticationData => connect with { AuthenticationData = block.Binary() },
                _ => throw PropertyBlock.Misplaced(id, "CONNECT"),
            };
        }

        if (connect.AuthenticationData is not null && connect.AuthenticationMethod is null)
            throw new MalformedPacketException(ReasonCode.ProtocolError, "Authentication Data without Authentication Method.");
        return connect with { UserProperties = block.UserProperties };
    }

    internal override void WriteBody(ref PacketWriter writer, ProtocolVersion version)
    {
        writer.WriteString("MQTT");
        writer.WriteByte((byte)Version);
        writer.WriteByte(ConnectFlags.Of(this));
        writer.WriteUInt16(KeepAlive);
        if (Version == ProtocolVersion.V500) WriteProperties(ref writer);
        writer.WriteString(ClientId);
        Will?.Write(ref writer, Version);
        if (UserName is not null) writer.WriteString(UserName);
        if (Password is { } password) writer.WriteBinary(password.Span);
    }

    void WriteProperties(ref PacketWriter writer)
    {
        writer.BeginProperties();
        writer.Property(PropertyId.SessionExpiry, SessionExpiry);
        writer.Property(PropertyId.ReceiveMaximum, ReceiveMaximum);
        writer.Property(PropertyId.MaximumPacketSize, MaximumPacketSize);
        writer.Property(PropertyId.TopicAliasMaximum, TopicAliasMaximum);
        writer.Property(PropertyId.RequestResponseInformation, RequestResponseInformation);
        writer.Property(PropertyId.RequestProblemInformation, RequestProblemInformation);
        writer.UserProperties(UserProperties);
        writer.Property(PropertyId.AuthenticationMethod, AuthenticationMethod);
        writer.Property(PropertyId.AuthenticationData, AuthenticationData);
        writer.EndProperties();
    }
}

/// <summary>The Connect Flags byte (§3.1.2.3), checked for what may stand together.</summary>
readonly ref struct ConnectFlags
{
    readonly byte _flags;

    public ConnectFlags(byte flags, ProtocolVersion version)
    {
        _flags = flags;
        if ((flags & 0x01) != 0) throw new MalformedPacketException("The reserved Connect Flag is set."); // [MQTT-3.1.2-3]
        if (!Will && (flags & 0x38) != 0) throw new MalformedPacketException("Will QoS or Will Retain without a will."); // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
        if ((flags & 0x18) == 0x18) throw new MalformedPacketException("Will QoS is 3."); // [MQTT-3.1.2-12]
        // 3.1.1 forbids a password without a user name [MQTT-3.1.2-22]; 5.0 allows it (§3.1.2.9).
        if (version == ProtocolVersion.V311 && Password && !UserName) throw new MalformedPacketException("Password without user name.");
    }

    public bool CleanStart => (_flags & 0x02) != 0;
    public bool Will => (_flags & 0x04) != 0;
    public QoS WillQoS => (QoS)((_flags >> 3) & 0x03);
    public bool WillRetain => (_flags & 0x20) != 0;
    public bool Password => (_flags & 0x40) != 0;
    public bool UserName => (_flags & 0x80) != 0;

    public static byte Of(Connect connect) => (byte)(
        (connect.CleanStart ? 0x02 : 0)
        | (connect.Will is { } will ? 0x04 | ((byte)will.QoS << 3) | (will.Retain ? 0x20 : 0) : 0)
        | (connect.Password is not null ? 0x40 : 0)
        | (connect.UserName is not null ? 0x80 : 0));
}
