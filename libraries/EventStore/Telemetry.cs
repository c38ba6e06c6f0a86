using System.Diagnostics;
using System.Diagnostics.Metrics;
using FleetPlatform.Events.Writing;

namespace FleetPlatform.Events;

/// <summary>What the store measures, under the meter and activity source <c>FleetPlatform.EventStore</c>.</summary>
public static class Telemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "FleetPlatform.EventStore";

    static readonly Meter Meter = new(Name);
    static readonly Counter<long> Events = Meter.CreateCounter<long>("fleet.eventstore.events", "{event}", "Events appended.");
    static readonly Histogram<int> GroupSize = Meter.CreateHistogram<int>("fleet.eventstore.group.size", "{session}", "Sessions committed together.");
    static readonly Histogram<double> CommitDuration =
        Meter.CreateHistogram<double>("fleet.eventstore.commit.duration", "s", "Duration of a group's transaction.");

    internal static readonly Counter<long> Conflicts =
        Meter.CreateCounter<long>("fleet.eventstore.conflicts", "{session}", "Sessions refused because a stream had moved.");
    internal static readonly Counter<long> Refused =
        Meter.CreateCounter<long>("fleet.eventstore.unavailable", "{session}", "Sessions the database did not take or confirm.");
    internal static readonly Counter<long> Handled =
        Meter.CreateCounter<long>("fleet.eventstore.subscription.events", "{event}", "Events handled by subscriptions.");
    internal static readonly Histogram<double> Latency =
        Meter.CreateHistogram<double>("fleet.eventstore.subscription.latency", "s", "From an event's timestamp to the end of its handling.");

    internal static readonly Counter<long> Sealed = Meter.CreateCounter<long>("fleet.eventstore.seal.events", "{event}", "Events hung into the hash chain.");
    internal static readonly Histogram<double> SealLatency =
        Meter.CreateHistogram<double>("fleet.eventstore.seal.latency", "s", "From the timestamp of a seal's oldest event to the seal.");

    static readonly ActivitySource Source = new(Name);

    internal static Activity? StartSave(StreamId first, int streams)
    {
        if (!Source.HasListeners()) return null;
        var activity = Source.StartActivity($"append {first.Category}", ActivityKind.Client);
        activity?.SetTag("fleet.stream", first.Value);
        activity?.SetTag("fleet.streams", streams);
        return activity;
    }

    // Below the span of one of the sessions, linked to the others: the driver's spans hang below it.
    internal static Activity? StartCommit(IReadOnlyList<PendingAppend> group)
    {
        if (!Source.HasListeners()) return null;
        var traces = group.Select(append => append.Trace).Where(trace => trace != default).ToList();
        return Source.StartActivity("commit", ActivityKind.Internal, traces.FirstOrDefault(), links: traces.Skip(1).Select(trace => new ActivityLink(trace)))
            ?.SetTag("fleet.sessions", group.Count);
    }

    internal static void Committed(int sessions, int events, TimeSpan duration)
    {
        Events.Add(events);
        GroupSize.Record(sessions);
        CommitDuration.Record(duration.TotalSeconds);
    }
}
