using FleetPlatform.Events.Writing;

namespace FleetPlatform.Events;

/// <summary>A unit of work: appends to one or several streams, stored together or not at all. Not thread-safe; saves once.</summary>
public sealed partial class EventSession
{
    readonly EventStore _store;
    readonly EventMetadata _metadata;
    readonly List<StreamWrite> _writes = [];
    bool _saved;

    internal EventSession(EventStore store, EventMetadata metadata) => (_store, _metadata) = (store, metadata);

    /// <summary>Stores everything appended, in one transaction shared with other sessions of the process. Nothing appended: nothing is done.</summary>
    /// <param name="cancellation">Gives up waiting; what is already being committed may be stored all the same.</param>
    /// <exception cref="ConcurrencyException">A stream is not at its expected version. Nothing of this session is stored.</exception>
    /// <exception cref="EventStoreUnavailableException">The database did not take the session, or its confirmation was lost.</exception>
    /// <exception cref="InvalidOperationException">The session was saved before; open another.</exception>
    public Task SaveChangesAsync(CancellationToken cancellation = default)
    {
        if (_saved) throw new InvalidOperationException("A session saves once; open another.");
        _saved = true;
        return _writes.Count == 0 ? Task.CompletedTask : Save(cancellation);
    }

    async Task Save(CancellationToken cancellation)
    {
        using var activity = Telemetry.StartSave(_writes[0].Id, _writes.Count);
        try
        {
            await _store.Save(PendingAppend.Prepare(_writes, _metadata.WithCurrentTrace(), _store), cancellation);
        }
        catch (Exception failure)
        {
            activity?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }
}
