using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.Mqtt;

/// <summary>Limits and manners of a broker. The defaults are those AWS IoT Core documents, where it documents any.</summary>
public sealed class MqttBrokerOptions : IValidatableObject
{
    /// <summary>From the connection to a whole CONNECT and its verdict. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest CONNECT in bytes, whole packet: all that an unauthenticated peer can make us hold. Default 16 KiB.</summary>
    [Range(128, 1024 * 1024)]
    public int MaximumConnectBytes { get; init; } = 16 * 1024;

    /// <summary>Largest packet in bytes after CONNECT. Default 146 KiB.</summary>
    [Range(1024, 268_435_455)]
    public int MaximumPacketBytes { get; init; } = 146 * 1024;

    /// <summary>Largest PUBLISH payload in bytes. Default 128 KiB.</summary>
    [Range(0, 268_435_455)]
    public int MaximumPayloadBytes { get; init; } = 128 * 1024;

    /// <summary>Smallest Maximum Packet Size a client may state, in bytes; a smaller one is refused. Default 512.</summary>
    [Range(2, 1024 * 1024)]
    public int MinimumClientPacketBytes { get; init; } = 512;

    /// <summary>Longest client id in bytes of UTF-8. Default 128.</summary>
    [Range(23, 65_535)]
    public int MaximumClientIdBytes { get; init; } = 128;

    /// <summary>True refuses a client id that begins with '$'. Default true.</summary>
    public bool RefuseDollarClientId { get; init; } = true;

    /// <summary>What an assigned client id begins with; a GUID follows. Default <c>$GEN/</c>.</summary>
    [RegularExpression(@"[\x20-\x7E]{0,64}")]
    public string AssignedClientIdPrefix { get; init; } = "$GEN/";

    /// <summary>Longest topic or filter in bytes of UTF-8. Default 256.</summary>
    [Range(1, 65_535)]
    public int MaximumTopicBytes { get; init; } = 256;

    /// <summary>Deepest topic or filter, counted in '/'. Default 7.</summary>
    [Range(0, 65_535)]
    public int MaximumTopicSlashes { get; init; } = 7;

    /// <summary>Most user property bytes (names and values) in one packet. Default 8 KiB.</summary>
    [Range(0, 1024 * 1024)]
    public int MaximumUserPropertyBytes { get; init; } = 8 * 1024;

    /// <summary>Longest Correlation Data in bytes. Default 8 KiB.</summary>
    [Range(0, 65_535)]
    public int MaximumCorrelationBytes { get; init; } = 8 * 1024;

    /// <summary>Longest Content Type in bytes. Default 256.</summary>
    [Range(0, 65_535)]
    public int MaximumContentTypeBytes { get; init; } = 256;

    /// <summary>Most filters in one SUBSCRIBE; with more, every one is refused. Default 8.</summary>
    [Range(1, 10_000)]
    public int MaximumFiltersPerSubscribe { get; init; } = 8;

    /// <summary>Most subscriptions of one session. Default 50.</summary>
    [Range(1, 100_000)]
    public int MaximumSubscriptions { get; init; } = 50;

    /// <summary>Most unacknowledged QoS 1 messages in each direction of one connection. Default 100.</summary>
    [Range(1, 65_535)]
    public ushort MaximumInflight { get; init; } = 100;

    /// <summary>Topic aliases a client may use. Default 8; 0 turns them off.</summary>
    [Range(0, 1024)]
    public ushort TopicAliasMaximum { get; init; } = 8;

    /// <summary>QoS 1 messages kept for a client that is away or whose inflight is full. Default 1000.</summary>
    [Range(0, 1_000_000)]
    public int MaximumQueuedMessages { get; init; } = 1000;

    /// <summary>Bytes of those messages, and likewise of those in flight, with topics and properties; of both together while the client is away. One message alone may always be in flight. Default 1 MiB.</summary>
    [Range(0, 1024 * 1024 * 1024)]
    public int MaximumQueuedBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes written but not yet taken by the client's socket, beyond which QoS 0 is dropped. Default 512 KiB.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaximumOutboundBytes { get; init; } = 512 * 1024;

    /// <summary>How long a persistent session of 3.1.1 outlives its connection. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PersistentSessionExpiry { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Longest session expiry a 5.0 client gets; a longer wish is cut to it. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaximumSessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Most sessions kept for clients that are away; beyond, a session ends with its connection. Default 100,000.</summary>
    [Range(0, 10_000_000)]
    public int MaximumStoredSessions { get; init; } = 100_000;

    /// <summary>Shortest keep-alive; a shorter wish is raised to it. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "18:12:15", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MinimumKeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest keep-alive, also for clients that ask for none (0). Default 1200 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "18:12:15", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaximumKeepAlive { get; init; } = TimeSpan.FromSeconds(1200);

    /// <summary>How often silent connections, expired sessions and delayed wills are looked for. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest message expiry; longer ones are cut to it, 0 becomes 1 s. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaximumMessageExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Most retained messages; with more, a new topic is refused with "quota exceeded". Default 100,000.</summary>
    [Range(0, 10_000_000)]
    public int MaximumRetainedMessages { get; init; } = 100_000;

    /// <summary>Bytes of those messages, with topics and properties; what would exceed them is refused with "quota exceeded". Default 256 MiB.</summary>
    [Range(0, 1024L * 1024 * 1024 * 1024)]
    public long MaximumRetainedBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>True sends retained messages to filters with wildcards, as the standard says; AWS does not. Default true.</summary>
    public bool RetainedForWildcards { get; init; } = true;

    /// <summary>True lets <c>a/#</c> match <c>a</c>, as the standard says; AWS does not. Default true.</summary>
    public bool HashMatchesParent { get; init; } = true;

    /// <summary>What no single limit can say: which go together.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinimumKeepAlive > MaximumKeepAlive) yield return new($"{nameof(MinimumKeepAlive)} ({MinimumKeepAlive}) is above {nameof(MaximumKeepAlive)} ({MaximumKeepAlive}).");
        if (MaximumPayloadBytes > MaximumPacketBytes)
            yield return new($"{nameof(MaximumPayloadBytes)} ({MaximumPayloadBytes}) is above {nameof(MaximumPacketBytes)} ({MaximumPacketBytes}).");
        if (MaximumOutboundBytes + ((long)MaximumInflight * MaximumPacketBytes) > int.MaxValue)
            yield return new($"{nameof(MaximumOutboundBytes)} and {nameof(MaximumInflight)} packets of {nameof(MaximumPacketBytes)} are over 2 GiB together, which one client could make the broker hold.");
    }
}
