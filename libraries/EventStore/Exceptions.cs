namespace FleetPlatform.Events;

/// <summary>Somebody else appended to the stream first. Nothing of the session is stored.</summary>
public sealed class ConcurrencyException(StreamId streamId, long expectedVersion, long actualVersion)
    : Exception($"Stream {streamId} was expected at version {expectedVersion} and is at version {actualVersion}.")
{
    public StreamId StreamId { get; } = streamId;

    /// <summary>The version the session expected; 0 when it expected the stream not to exist.</summary>
    public long ExpectedVersion { get; } = expectedVersion;

    /// <summary>The version found when the conflict was examined; it may have moved again since.</summary>
    public long ActualVersion { get; } = actualVersion;
}

/// <summary>
/// The database did not take or did not confirm the session in time. When the connection broke at the commit the events may be stored all the
/// same: ask again, decisions are idempotent. The store recovers by itself.
/// </summary>
public sealed class EventStoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A stored event has a type name that this version of the program does not map.</summary>
public sealed class UnknownEventTypeException(string typeName)
    : Exception($"No event type is mapped to the stored name \"{typeName}\". Map it in EventNames, or upcast it.")
{
    public string TypeName { get; } = typeName;
}

/// <summary>A stored event could not be read as the type it is mapped to.</summary>
public sealed class EventDataException(string typeName, Exception inner)
    : Exception($"A stored event of type \"{typeName}\" cannot be read: {inner.Message}", inner)
{
    public string TypeName { get; } = typeName;
}
