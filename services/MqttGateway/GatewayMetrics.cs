using System.Diagnostics.Metrics;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway;

/// <summary>What the gateway counts. Reason codes are the only tags with more than a handful of values.</summary>
sealed class GatewayMetrics
{
    readonly Counter<long> _connects;
    readonly Counter<long> _requests;
    readonly Histogram<double> _requestDuration;
    readonly Histogram<double> _handshakes;
    readonly Counter<long> _failedHandshakes;
    readonly Counter<long> _faults;
    readonly Counter<long> _denied;
    readonly Counter<long> _lookups;
    readonly Counter<long> _undelivered;
    readonly Counter<long> _lostRecords;
    readonly Counter<long> _closed;
    readonly Counter<long> _registered;
    readonly Counter<long> _paths;

    public GatewayMetrics(FleetService service)
    {
        var meter = service.Meter;
        _connects = meter.CreateCounter<long>("fleet.gateway.connects", "{connection}", "CONNECT packets, by the reason code of their refusal, or accepted.");
        _requests = meter.CreateCounter<long>("fleet.gateway.provisioning_requests", "{request}", "Provisioning requests by operation and outcome.");
        _requestDuration = meter.CreateHistogram<double>("fleet.gateway.provisioning_duration", "ms", "From the request's arrival to its answer's departure.");
        _handshakes = meter.CreateHistogram<double>("fleet.gateway.tls_handshake", "ms", "TLS handshakes of connections that sent CONNECT.");
        _failedHandshakes = meter.CreateCounter<long>("fleet.gateway.tls_failures", "{handshake}", "TLS handshakes that came to nothing, by reason.");
        _faults = meter.CreateCounter<long>("fleet.gateway.faults", "{fault}", "Connects, packets and connections refused or ended for breaking the protocol, a limit or the keep-alive, by reason code.");
        _denied = meter.CreateCounter<long>("fleet.gateway.denied", "{packet}", "Packets that policies or the reserved topics refused, by action.");
        _lookups = meter.CreateCounter<long>("fleet.gateway.principal_lookups", "{request}", "Certificates asked for at the registry.");
        _undelivered = meter.CreateCounter<long>("fleet.gateway.undelivered_answers", "{answer}", "Provisioning answers that did not reach their device, by cause.");
        _lostRecords = meter.CreateCounter<long>("fleet.gateway.lost_records", "{event}", "Facts that were not recorded, and news of rotations that was not published: the queue was full, too many refusals came, or it failed.");
        _closed = meter.CreateCounter<long>("fleet.gateway.closed_by_platform", "{connection}", "Live connections ended because their certificate lost its rights.");
        _registered = meter.CreateCounter<long>("fleet.gateway.registered_certificates", "{certificate}", "Certificates of registered CAs recorded at their first connection.");
        _paths = meter.CreateCounter<long>("fleet.gateway.path_checks", "{certificate}", "Unknown certificates held against registered CAs.");
    }

    public void Registered() => _registered.Add(1);

    public void PathChecked() => _paths.Add(1);

    public void Connected(string outcome) => _connects.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Handshake(TimeSpan duration) => _handshakes.Record(duration.TotalMilliseconds);

    public void HandshakeFailed(TlsFailure failure) => _failedHandshakes.Add(1, new KeyValuePair<string, object?>("reason", failure.ToString()));

    public void Fault(string reason) => _faults.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Denied(string action) => _denied.Add(1, new KeyValuePair<string, object?>("action", action));

    public void LookedUp() => _lookups.Add(1);

    public void Undelivered(string cause) => _undelivered.Add(1, new KeyValuePair<string, object?>("cause", cause));

    public void LostRecord(string cause) => _lostRecords.Add(1, new KeyValuePair<string, object?>("cause", cause));

    public void ClosedByPlatform(string reason) => _closed.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Answered(Operation operation, string outcome, TimeSpan duration)
    {
        _requests.Add(1, new("operation", Name(operation)), new("outcome", outcome));
        _requestDuration.Record(duration.TotalMilliseconds, new KeyValuePair<string, object?>("operation", Name(operation)));
    }

    public static string Name(Operation operation) => operation switch
    {
        Operation.CreateKeys => "create-keys",
        Operation.CreateFromCsr => "create-from-csr",
        _ => "register-thing",
    };
}
