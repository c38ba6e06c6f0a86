namespace FleetPlatform.Contracts;

/// <summary>
/// A request that carries what arrived at the asker in the same instant. The message, not its payload, is what a request costs
/// (docs/performance.md), so every request on a device's path has this shape, with one item when there is only one.
/// </summary>
/// <typeparam name="TItem">One asker's request.</typeparam>
public interface IBatch<TItem> where TItem : class
{
    /// <summary>The requests, at least one, at most 64.</summary>
    IReadOnlyList<TItem> Items { get; init; }
}

/// <summary>The answer to an <see cref="IBatch{TItem}"/>: as many items, in the same order.</summary>
/// <typeparam name="TAnswer">The answer to one item.</typeparam>
public interface IBatchAnswer<TAnswer> where TAnswer : class
{
    /// <summary>One answer for each item asked, in the order asked.</summary>
    IReadOnlyList<TAnswer> Items { get; init; }
}

/// <summary>An item of a batch that continues a trace of its own: one message serves many.</summary>
public interface ITraced
{
    /// <summary>W3C <c>traceparent</c> of the asker's activity, or null when it is not traced.</summary>
    string? TraceParent { get; }
}

/// <summary>What travels with every item of a batch, so that each keeps its own trace and its own flow.</summary>
public sealed record FlowContext
{
    /// <summary>The provisioning flow, 32 lower-case hex digits; names the stream <c>provisioning-{flowId}</c>.</summary>
    public required string FlowId { get; init; }

    /// <summary>The MQTT connection it came in on, 32 lower-case hex digits; names the stream <c>session-{sessionId}</c>.</summary>
    public required string SessionId { get; init; }

    /// <summary>Certificate id (SHA-256 of the DER, 64 lower-case hex digits) that authenticated the connection.</summary>
    public required string PrincipalId { get; init; }

    /// <summary>MQTT client id of the connection.</summary>
    public required string ClientId { get; init; }

    /// <summary>Things that the connection's certificate is attached to; null for a claim and for an operator.</summary>
    public IReadOnlyList<string>? Things { get; init; }

    /// <summary>W3C <c>traceparent</c> of the packet that asked, or null when it is not traced.</summary>
    public string? TraceParent { get; init; }
}
