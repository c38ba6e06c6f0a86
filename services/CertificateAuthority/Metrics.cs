using System.Diagnostics.Metrics;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.CertificateAuthority;

/// <summary>What this service counts. Meter <c>FleetPlatform.certificate-authority</c>.</summary>
sealed class Metrics(FleetService service)
{
    readonly Counter<long> _issued = service.Meter.CreateCounter<long>("fleet.certificates.issued", "{certificate}", "Certificates signed, by profile.");
    readonly Counter<long> _refused = service.Meter.CreateCounter<long>("fleet.certificates.refused", "{request}", "Requests refused, by reason code.");
    readonly Histogram<double> _duration = service.Meter.CreateHistogram<double>("fleet.certificates.duration", "s", "From request to recorded certificate.");

    public void Issued(string profile, TimeSpan duration)
    {
        _issued.Add(1, new KeyValuePair<string, object?>("profile", profile));
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("profile", profile));
    }

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void WatchPool(Func<int> ready) =>
        service.Meter.CreateObservableGauge("fleet.certificates.rsa_pool", ready, "{key}", "RSA key pairs ready.");
}
