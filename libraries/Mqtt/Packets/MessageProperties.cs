namespace FleetPlatform.Mqtt;

/// <summary>What MQTT 5.0 lets a publisher say about a message (§3.3.2.3), forwarded unchanged to subscribers.</summary>
public sealed record MessageProperties
{
    /// <summary>1: the payload is UTF-8 text. 0: unspecified bytes.</summary>
    public byte? PayloadFormat { get; init; }

    /// <summary>Seconds until the message is worthless. Counted down while the server holds it [MQTT-3.3.2-6].</summary>
    public uint? MessageExpiry { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Where an answer should go. Never a filter [MQTT-3.3.2-14].</summary>
    public string? ResponseTopic { get; init; }

    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    internal void Write(ref PacketWriter writer)
    {
        writer.Property(PropertyId.PayloadFormat, PayloadFormat);
        writer.Property(PropertyId.MessageExpiry, MessageExpiry);
        writer.Property(PropertyId.ContentType, ContentType);
        writer.Property(PropertyId.ResponseTopic, ResponseTopic);
        writer.Property(PropertyId.CorrelationData, CorrelationData);
        writer.UserProperties(UserProperties);
    }

    /// <summary>Bytes on the wire.</summary>
    internal int Weight
    {
        get
        {
            var counter = PacketWriter.Counter;
            Write(ref counter);
            return counter.Written;
        }
    }
}

/// <summary>Gathers <see cref="MessageProperties"/> while a property block is walked; PUBLISH and the will share it.</summary>
struct MessagePropertiesReader
{
    bool _any;
    byte? _payloadFormat;
    uint? _messageExpiry;
    string? _contentType;
    string? _responseTopic;
    ReadOnlyMemory<byte>? _correlationData;

    /// <returns>False when the property is not one of a message's.</returns>
    public bool TryRead(PropertyId id, ref PropertyBlock block)
    {
        switch (id)
        {
            case PropertyId.PayloadFormat: _payloadFormat = block.Flag(id) ? (byte)1 : (byte)0; break;
            case PropertyId.MessageExpiry: _messageExpiry = block.UInt32(); break;
            case PropertyId.ContentType: _contentType = block.String(); break;
            case PropertyId.ResponseTopic: _responseTopic = Topic(block.String()); break;
            case PropertyId.CorrelationData: _correlationData = block.Binary(); break;
            default: return false;
        }

        _any = true;
        return true;
    }

    /// <returns>Null when the publisher said nothing.</returns>
    public readonly MessageProperties? Result(IReadOnlyList<UserProperty> userProperties) => !_any && userProperties.Count == 0
        ? null
        : new MessageProperties
        {
            PayloadFormat = _payloadFormat,
            MessageExpiry = _messageExpiry,
            ContentType = _contentType,
            ResponseTopic = _responseTopic,
            CorrelationData = _correlationData,
            UserProperties = userProperties,
        };

    // The Response Topic MUST NOT contain wildcard characters [MQTT-3.3.2-14].
    static string Topic(string topic) => topic.Length > 0 && !topic.AsSpan().ContainsAny('+', '#')
        ? topic
        : throw new MalformedPacketException(ReasonCode.ProtocolError, "Response Topic is empty or has wildcards.");
}
