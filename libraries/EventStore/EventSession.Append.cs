using FleetPlatform.Events.Writing;

namespace FleetPlatform.Events;

public sealed partial class EventSession
{
    /// <summary>Begins a stream that must not exist yet.</summary>
    /// <exception cref="ArgumentException">No events, or the session already writes to the stream.</exception>
    public void StartStream(StreamId id, params IReadOnlyList<object> events) => Append(id, 0, events);

    /// <summary>Appends to a stream that must be at <paramref name="expectedVersion"/>.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="expectedVersion">
    /// Version of the stream's last event as the caller read it, 0 when it must not exist; events that this session already appends count.
    /// </param>
    /// <param name="events">At least one.</param>
    /// <exception cref="ArgumentException">No events, or not the version this session would bring the stream to.</exception>
    public void Append(StreamId id, long expectedVersion, params IReadOnlyList<object> events)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        if (events.Count == 0) throw new ArgumentException("There is nothing to append.", nameof(events));
        _ = id.Value; // refuses the default id here, where the caller still sees why

        var write = _writes.Find(write => write.Id == id);
        if (write is null) _writes.Add(write = new(id, expectedVersion));
        else if (expectedVersion != write.ExpectedVersion + write.Events.Count)
            throw new ArgumentException($"This session already brings {id} to version {write.ExpectedVersion + write.Events.Count}.", nameof(expectedVersion));
        write.Events.AddRange(events);
    }
}
