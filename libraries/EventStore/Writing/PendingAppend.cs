using System.Diagnostics;
using FleetPlatform.Events.Reading;
using Npgsql;

namespace FleetPlatform.Events.Writing;

sealed class StreamWrite(StreamId id, long expectedVersion)
{
    public StreamId Id { get; } = id;
    public long ExpectedVersion { get; } = expectedVersion;
    public List<object> Events { get; } = [];
    public long NewVersion => ExpectedVersion + Events.Count;
}

/// <summary>An event ready to be written.</summary>
readonly record struct EventToWrite(
    Guid Id, StreamId StreamId, long Version, string Json, string Type, string DotnetType, DateTime Timestamp);

/// <summary>A session ready to be committed: everything that costs time was done on its own thread, not on the writer's.</summary>
sealed class PendingAppend
{
    readonly TaskCompletionSource _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _state;

    public required IReadOnlyList<StreamWrite> Streams { get; init; }
    public required EventToWrite[] Events { get; init; }
    public required EventMetadata Metadata { get; init; }
    public required string? Headers { get; init; }
    public required IReadOnlyList<ProjectionStatement> Projections { get; init; }
    public required long Length { get; init; }

    /// <summary>When it was queued, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long QueuedAt { get; set; }

    /// <summary>The span that saves, when it is traced.</summary>
    public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    public Task Result => _result.Task;

    /// <summary>The writer takes it; false when the caller has given up.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, 1, 0) is 0 or 1;

    /// <summary>The caller gives up; false when the writer has taken it already.</summary>
    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, 2, 0) == 0;

    public void Succeed() => _result.TrySetResult();

    public void Fail(Exception failure) => _result.TrySetException(failure);

    public static PendingAppend Prepare(IReadOnlyList<StreamWrite> streams, EventMetadata metadata, EventStore store)
    {
        var count = streams.Sum(stream => stream.Events.Count);
        if (count > store.Options.MaximumSessionEvents)
            throw new InvalidOperationException($"A session appends at most {store.Options.MaximumSessionEvents} events; this one has {count}.");

        var now = ToMicroseconds(store.Clock.GetUtcNow());
        var events = new EventToWrite[count];
        var projections = store.Options.InlineProjections.Count == 0 ? null : new ProjectionBatch();
        var length = 0L;
        var next = 0;
        foreach (var stream in streams)
        {
            for (var i = 0; i < stream.Events.Count; i++)
            {
                var (name, dotnetType) = store.EventTypes.Find(stream.Events[i].GetType());
                var json = EventJson.Write(stream.Events[i]);
                if (json.Length > store.Options.MaximumEventLength)
                    throw new InvalidOperationException($"{name} has {json.Length} characters, {store.Options.MaximumEventLength} are allowed.");

                length += json.Length;
                var written = new EventToWrite(
                    Guid.CreateVersion7(now), stream.Id, stream.ExpectedVersion + i + 1, json, name, dotnetType, now.UtcDateTime);
                events[next++] = written;
                if (projections is not null) Project(written, stream.Events[i], now, metadata, projections, store.Options.InlineProjections);
            }
        }

        return new()
        {
            Streams = streams,
            Events = events,
            Metadata = metadata,
            Headers = EventRow.WriteHeaders(metadata),
            Projections = projections?.Statements ?? [],
            Length = length,
        };
    }

    static void Project(EventToWrite written, object data, DateTimeOffset now, EventMetadata metadata,
        ProjectionBatch batch, IList<IInlineProjection> projections)
    {
        var recorded = new RecordedEvent
        {
            Id = written.Id, StreamId = written.StreamId, Version = written.Version, Type = written.Type,
            Timestamp = now, Metadata = metadata, Data = data, Json = written.Json,
        };
        foreach (var projection in projections) projection.Project(recorded, batch);
    }

    // PostgreSQL keeps microseconds; what an inline projection sees must be what a rebuild reads back.
    static DateTimeOffset ToMicroseconds(DateTimeOffset now) => new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
