using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

public sealed class TraceStories(Platform platform)
{
    const int Devices = 3;

    /// <summary>
    /// From the packet over the bus to the service and the database, and back. What several devices ask in the same instant is served and
    /// committed together, in the trace of one of them: of a few devices that come one after the other, one at least is alone.
    /// </summary>
    [Fact]
    public async Task One_trace_runs_from_the_mqtt_publish_through_the_bus_and_the_services_to_postgresql_and_back()
    {
        var devices = new List<string>();
        for (var i = 0; i < Devices; i++) devices.Add((await platform.ProvisionsDevice("traced")).ThingName);

        await IsWhole(devices, "thing-registry", "thing registered", ["mqtt-gateway", "template-engine", "thing-registry"]);
        await IsWhole(devices, "certificate-authority", "certificate issued", ["mqtt-gateway", "certificate-authority"]);
    }

    /// <summary>Checks the traces in which a service recorded a step of these devices.</summary>
    /// <param name="services">Everybody who takes part; the first takes the packet, the last records it.</param>
    Task IsWhole(List<string> devices, string recorder, string step, string[] services) => Eventually.Holds(async () =>
    {
        var faults = new List<string>();
        foreach (var device in devices)
        {
            var steps = await platform.Operator.FindFlowSteps(device, CancellationToken.None);
            var traceId = steps.First(recorded => recorded.Service == recorder && recorded.Step == step).TraceId!;
            faults.Add(string.Join("; ", Faults(traceId, services)));
        }

        faults.ShouldContain("", string.Join('\n', faults));
    });

    IEnumerable<string> Faults(string traceId, string[] services)
    {
        var spans = platform.Telemetry.Spans.ToArray();
        var trace = spans.Where(span => span.TraceId == traceId).ToArray();
        foreach (var service in services.Except(trace.Select(span => span.Service))) yield return $"{service} is missing";
        foreach (var stranger in trace.Select(span => span.Service).Distinct().Except(services)) yield return $"{stranger} has nothing to do with it";
        if (!IsUnbroken(trace)) yield return "a span hangs on nothing";

        // A message carries what several devices ask: whoever answers continues the device's trace, and links to the message's.
        foreach (var service in services.Skip(1))
        {
            var messages = trace.Where(span => span.Service == service && span.Name.StartsWith("answer ", StringComparison.Ordinal)).SelectMany(span => span.LinkedTraceIds).ToArray();
            var onTheBus = spans.Where(span => span.Scope == "MassTransit" && messages.Contains(span.TraceId)).Select(span => span.Service).ToArray();
            if (!onTheBus.Contains(service) || onTheBus.Distinct().Count() < 2) yield return $"no message led to {service}";
        }

        var commits = trace.Where(span => span.Service == services[^1] && span.Name == "commit").ToArray();
        if (!commits.Any(commit => trace.Any(span => span.Scope == "Npgsql" && span.ParentSpanId == commit.SpanId))) yield return $"{services[^1]} did not reach its database";

        // And back: the packet was being served until after it was on record.
        var packet = trace.FirstOrDefault(span => span.ParentSpanId.Length == 0);
        if (packet?.Service != services[0] || commits.Any(commit => commit.EndedAt > packet.EndedAt)) yield return "the answer went out before the commit";
    }

    // Every span but the root hangs on another one of the same trace.
    static bool IsUnbroken(ReceivedSpan[] trace)
    {
        var ids = trace.Select(span => span.SpanId).ToHashSet(StringComparer.Ordinal);
        return trace.Count(span => span.ParentSpanId.Length == 0) == 1
            && trace.All(span => span.ParentSpanId.Length == 0 || ids.Contains(span.ParentSpanId));
    }
}
