using System.Diagnostics.Metrics;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.RotationScheduler;

/// <summary>What an operator's dashboard asks of rotations.</summary>
sealed class RotationMetrics
{
    readonly Counter<long> _ended;
    readonly Histogram<double> _proof;
    readonly Counter<long> _alerts;
    int _unproven;
    IReadOnlyDictionary<int, long> _expiring = new Dictionary<int, long>();

    public RotationMetrics(FleetService service)
    {
        _ended = service.Meter.CreateCounter<long>("fleet.rotation.ended", "{rotation}", "Rotations that ended, by outcome and reason code.");
        _proof = service.Meter.CreateHistogram<double>("fleet.rotation.proof", "s", "From the start of a rotation to its proof.");
        _alerts = service.Meter.CreateCounter<long>("fleet.rotation.alerts", "{alert}", "Alerts, by kind.");
        service.Meter.CreateObservableGauge("fleet.rotation.unproven", () => Volatile.Read(ref _unproven), "{rotation}", "Rotations under way without a proven certificate.");
        service.Meter.CreateObservableGauge("fleet.rotation.expiring", () => Volatile.Read(ref _expiring).Select(pair => new Measurement<long>(
            pair.Value, new KeyValuePair<string, object?>("within_days", pair.Key))), "{certificate}", "Active certificates of things that expire within so many days.");
    }

    public void Turned(int unproven) => Volatile.Write(ref _unproven, unproven);

    public void Expiring(IReadOnlyDictionary<int, long> withinDays) => Volatile.Write(ref _expiring, withinDays);

    public void Ended(string outcome, string code) =>
        _ended.Add(1, new KeyValuePair<string, object?>("outcome", outcome), new KeyValuePair<string, object?>("code", code));

    public void Proven(TimeSpan after) => _proof.Record(Math.Max(0, after.TotalSeconds)); // clocks differ

    public void Alerted(string kind) => _alerts.Add(1, new KeyValuePair<string, object?>("kind", kind));
}
