using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

public sealed class TraceStories(Platform platform)
{
    [Fact]
    public async Task One_trace_runs_from_the_mqtt_publish_through_the_bus_and_the_services_to_postgresql()
    {
        var device = await platform.ProvisionsDevice("traced");

        await Eventually.Holds(() =>
        {
            var trace = TraceOf(device);
            trace.Select(span => span.Service).Distinct().ShouldBeSubsetOf(["mqtt-gateway", "template-engine", "thing-registry"]);
            foreach (var service in (string[])["mqtt-gateway", "template-engine", "thing-registry"])
                trace.ShouldContain(span => span.Service == service);
            ReachesTheDatabase("thing-registry", trace[0].TraceId).ShouldBeTrue();
            Unbroken(trace).ShouldBeTrue();
            return Task.CompletedTask;
        }, TimeSpan.FromSeconds(30));
    }

    // The trace in which the registry put this device's thing on record.
    List<ReceivedSpan> TraceOf(ProvisionedDevice device)
    {
        var steps = platform.Operator.FindFlowSteps(device.ThingName, CancellationToken.None).GetAwaiter().GetResult();
        var traceId = steps.First(step => step is { Service: "thing-registry", Step: "thing registered" }).TraceId;
        return [.. platform.Telemetry.Spans.Where(span => span.TraceId == traceId)];
    }

    // A commit hangs below the span of one of the sessions that it serves, and is linked to the others; the driver's span hangs below the commit.
    bool ReachesTheDatabase(string service, string traceId)
    {
        var commits = platform.Telemetry.Spans.Where(span => span.Service == service && span.Name == "commit" && span.Serves(traceId)).Select(span => span.SpanId).ToHashSet(StringComparer.Ordinal);
        return platform.Telemetry.Spans.Any(span => span.Scope == "Npgsql" && commits.Contains(span.ParentSpanId));
    }

    // Every span but the root hangs on another one of the same trace.
    static bool Unbroken(List<ReceivedSpan> trace)
    {
        var ids = trace.Select(span => span.SpanId).ToHashSet(StringComparer.Ordinal);
        return trace.Count(span => span.ParentSpanId.Length == 0) == 1
            && trace.All(span => span.ParentSpanId.Length == 0 || ids.Contains(span.ParentSpanId));
    }
}
