using FleetPlatform.Contracts;
using FleetPlatform.Events;
using MassTransit;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Shows a stream as it is recorded: events hold no secrets, so an operator may read them all.</summary>
sealed class ReadStreamConsumer(EventStore store) : IConsumer<ReadStream>
{
    const int MaximumEvents = 1_000;

    public async Task Consume(ConsumeContext<ReadStream> context)
    {
        if (!StreamId.TryParse(context.Message.StreamId, out var stream) || context.Message.FromVersion < 1)
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused("Name a stream, for example thing-SN-0042, and a version from 1."));
            return;
        }

        var events = await store.FetchStreamAsync(stream, context.Message.FromVersion, MaximumEvents, context.CancellationToken);
        await context.RespondAsync(new StreamRead { Events = [.. events.Select(View)] });
    }

    static RecordedEventView View(RecordedEvent recorded) => new()
    {
        StreamId = recorded.StreamId.Value,
        Version = recorded.Version,
        Type = recorded.Type,
        Timestamp = recorded.Timestamp,
        Data = recorded.Json,
        Id = recorded.Id,
        CorrelationId = recorded.Metadata.CorrelationId,
        CausationId = recorded.Metadata.CausationId,
        Actor = recorded.Metadata.Actor,
        TraceId = recorded.Metadata.TraceId,
    };
}
