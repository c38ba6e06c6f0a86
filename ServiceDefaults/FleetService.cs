using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Which service this process is, and its one source of spans and metrics. A singleton.</summary>
public sealed class FleetService : IDisposable
{
    /// <param name="name">Resource name in kebab-case, for example <c>thing-registry</c>: prefix of its queues and its telemetry.</param>
    public FleetService(string name)
    {
        Name = name;
        Source = new ActivitySource($"FleetPlatform.{name}");
        Meter = new Meter($"FleetPlatform.{name}");
    }

    public string Name { get; }

    /// <summary>Source <c>FleetPlatform.{name}</c>. Without an OTLP endpoint nobody listens and starting an activity costs nothing.</summary>
    public ActivitySource Source { get; }

    /// <summary>Meter <c>FleetPlatform.{name}</c>.</summary>
    public Meter Meter { get; }

    public void Dispose()
    {
        Source.Dispose();
        Meter.Dispose();
    }
}
