using System.Diagnostics.Metrics;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>How flows end, and how long the answer took.</summary>
sealed class ProvisioningMeter(FleetService service)
{
    readonly Histogram<double> _duration = service.Meter.CreateHistogram<double>(
        "fleet.provisioning.duration", "ms", "From the request's arrival to its answer; one point per RegisterThing, by reason (\"none\" when it went well).");

    public void Completed(TimeSpan duration) => Record("none", duration);

    public void Refused(string reason, TimeSpan duration) => Record(reason, duration);

    void Record(string reason, TimeSpan duration) =>
        _duration.Record(duration.TotalMilliseconds, new KeyValuePair<string, object?>("fleet.reason", reason));
}
