using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>What one gateway counts on one of its counters from now on, by the value of its only tag.</summary>
sealed class Counted : IDisposable
{
    readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    readonly MeterListener _listener = new();

    public Counted(GatewayUnderTest gateway, string counter)
    {
        var meter = gateway.Get<FleetService>().Meter;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == counter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => _counts.AddOrUpdate($"{tags[0].Value}", value, (_, sum) => sum + value));
        _listener.Start();
    }

    public long this[string tag] => _counts.GetValueOrDefault(tag);

    public void Dispose() => _listener.Dispose();
}
