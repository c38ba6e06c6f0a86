namespace FleetPlatform.Mqtt;

/// <summary>A name and value pair of the application's own (MQTT 5.0 §3.1.2.11.8). Names may repeat; order is kept.</summary>
public readonly record struct UserProperty(string Name, string Value);

/// <summary>Property identifiers, MQTT 5.0 §2.2.2.2.</summary>
enum PropertyId : byte
{
    PayloadFormat = 0x01,
    MessageExpiry = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiry = 0x11,
    AssignedClientId = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelay = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQoS = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2A,
}

/// <summary>Walks a property block: refuses what is unknown or doubled. What is out of place, the packet refuses.</summary>
ref struct PropertyBlock
{
    PacketReader _reader;
    ulong _seen;
    List<UserProperty>? _userProperties;

    public PropertyBlock(ref PacketReader packet) => _reader = packet.ReadPart(packet.ReadVariableInteger());

    /// <summary>The user properties met so far, in the order sent.</summary>
    public readonly IReadOnlyList<UserProperty> UserProperties => _userProperties ?? (IReadOnlyList<UserProperty>)[];

    /// <summary>Moves to the next property. User properties are gathered on the way and never returned.</summary>
    public bool Next(out PropertyId id)
    {
        while (_reader.Remaining > 0)
        {
            var raw = _reader.ReadVariableInteger();
            if (raw > 0x2A) throw new MalformedPacketException($"Property 0x{raw:X2} is not known.");
            id = (PropertyId)raw;
            if (id == PropertyId.UserProperty)
            {
                (_userProperties ??= []).Add(new UserProperty(_reader.ReadString(), _reader.ReadString()));
                continue;
            }

            // All but User Property and, from a server, Subscription Identifier may appear once (§2.2.2.2).
            var bit = 1UL << raw;
            if ((_seen & bit) != 0 && id != PropertyId.SubscriptionIdentifier)
                throw new MalformedPacketException(ReasonCode.ProtocolError, $"Property {id} appears twice.");
            _seen |= bit;
            return true;
        }

        id = default;
        return false;
    }

    public byte Byte() => _reader.ReadByte();
    public ushort UInt16() => _reader.ReadUInt16();
    public uint UInt32() => _reader.ReadUInt32();
    public string String() => _reader.ReadString();
    public byte[] Binary() => _reader.ReadBinary();

    /// <summary>A byte that may only be 0 or 1.</summary>
    public bool Flag(PropertyId id) => _reader.ReadByte() switch
    {
        0 => false,
        1 => true,
        var value => throw new MalformedPacketException(ReasonCode.ProtocolError, $"Property {id} is {value}; only 0 and 1 exist."),
    };

    /// <summary>A number that may not be zero.</summary>
    public ushort NonZeroUInt16(PropertyId id) => NotZero(_reader.ReadUInt16(), id);

    /// <summary>A number that may not be zero.</summary>
    public uint NonZeroUInt32(PropertyId id)
    {
        var value = _reader.ReadUInt32();
        return value != 0 ? value : throw new MalformedPacketException(ReasonCode.ProtocolError, $"Property {id} is zero.");
    }

    /// <summary>A Subscription Identifier: 1 to 268,435,455 (§3.8.2.1.2).</summary>
    public int SubscriptionIdentifier()
    {
        var value = _reader.ReadVariableInteger();
        return value != 0 ? value : throw new MalformedPacketException(ReasonCode.ProtocolError, "Subscription Identifier is zero.");
    }

    public static MalformedPacketException Misplaced(PropertyId id, string packet) =>
        new(ReasonCode.ProtocolError, $"Property {(byte)id:X2} ({id}) has no place in {packet}.");

    static ushort NotZero(ushort value, PropertyId id) =>
        value != 0 ? value : throw new MalformedPacketException(ReasonCode.ProtocolError, $"Property {id} is zero.");
}

/// <summary>Writes single properties; an absent value writes nothing.</summary>
static class PropertyWriting
{
    public static void Property(this ref PacketWriter writer, PropertyId id, byte? value)
    {
        if (value is not { } present) return;
        writer.WriteByte((byte)id);
        writer.WriteByte(present);
    }

    public static void Property(this ref PacketWriter writer, PropertyId id, bool? value) =>
        writer.Property(id, value is { } present ? (byte)(present ? 1 : 0) : (byte?)null);

    public static void Property(this ref PacketWriter writer, PropertyId id, ushort? value)
    {
        if (value is not { } present) return;
        writer.WriteByte((byte)id);
        writer.WriteUInt16(present);
    }

    public static void Property(this ref PacketWriter writer, PropertyId id, uint? value)
    {
        if (value is not { } present) return;
        writer.WriteByte((byte)id);
        writer.WriteUInt32(present);
    }

    public static void Property(this ref PacketWriter writer, PropertyId id, string? value)
    {
        if (value is null) return;
        writer.WriteByte((byte)id);
        writer.WriteString(value);
    }

    public static void Property(this ref PacketWriter writer, PropertyId id, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } present) return;
        writer.WriteByte((byte)id);
        writer.WriteBinary(present.Span);
    }

    public static void SubscriptionIdentifier(this ref PacketWriter writer, int? value)
    {
        if (value is not { } present) return;
        writer.WriteByte((byte)PropertyId.SubscriptionIdentifier);
        writer.WriteVariableInteger(present);
    }

    public static void UserProperties(this ref PacketWriter writer, IReadOnlyList<UserProperty> properties)
    {
        for (var i = 0; i < properties.Count; i++)
        {
            writer.WriteByte((byte)PropertyId.UserProperty);
            writer.WriteString(properties[i].Name);
            writer.WriteString(properties[i].Value);
        }
    }
}
