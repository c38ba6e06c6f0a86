using System.Diagnostics;

namespace FleetPlatform.Events;

/// <summary>An event as the store keeps it.</summary>
public sealed record RecordedEvent
{
    object? _data;
    string? _json;

    /// <summary>Unique, version 7; also the id of the message that publishes it.</summary>
    public required Guid Id { get; init; }

    public required StreamId StreamId { get; init; }

    /// <summary>Position in its stream, from 1, without gaps.</summary>
    public required long Version { get; init; }

    /// <summary>
    /// Number drawn from the store's sequence: rises within a stream, has gaps, and does not order events of different streams.
    /// 0 while an inline projection sees the event, live or in a rebuild.
    /// </summary>
    public long Sequence { get; init; }

    /// <summary>The name it is stored under, for example <c>certificate.signed.v1</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When the appending process recorded it, to the microsecond.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public EventMetadata Metadata { get; init; } = EventMetadata.None;

    /// <summary>The event itself; read from <see cref="Json"/> when first asked for.</summary>
    /// <exception cref="UnknownEventTypeException">This program maps no type to <see cref="Type"/>.</exception>
    /// <exception cref="EventDataException">The body does not fit the mapped type.</exception>
    public object Data
    {
        get => _data ??= (Types ?? throw new InvalidOperationException("The event was made without data.")).Read(Type, Json);
        init => _data = value;
    }

    /// <summary>The body, as JSON text. The order of members is the database's.</summary>
    public string Json
    {
        get => _json ??= EventJson.Write(Data);
        init => _json = value;
    }

    internal EventTypes? Types { get; init; }

    /// <summary>Place in the order in which subscriptions read: the appending transaction's id.</summary>
    internal ulong TransactionId { get; init; }
}

/// <summary>What is known about why an event was recorded.</summary>
public sealed record EventMetadata
{
    /// <summary>Nothing known.</summary>
    public static EventMetadata None { get; } = new();

    /// <summary>What the whole flow shares, for example a flow id.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Id of the message or event that led to this one.</summary>
    public string? CausationId { get; init; }

    /// <summary>Who asked: a principal, an operator, a service.</summary>
    public string? Actor { get; init; }

    /// <summary>W3C trace id, 32 lower-case hex digits. The store fills it from the current activity when it is null.</summary>
    public string? TraceId { get; init; }

    /// <summary>W3C traceparent of the appending span, so that what follows can continue its trace. Filled like <see cref="TraceId"/>.</summary>
    public string? TraceParent { get; init; }

    internal EventMetadata WithCurrentTrace() =>
        TraceId is null && Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
            ? this with { TraceId = activity.TraceId.ToHexString(), TraceParent = activity.Id }
            : this;
}
