using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Alerts;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.RotationScheduler.Schedule;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static FleetPlatform.RotationScheduler.Tests.SchedulerFixture;

namespace FleetPlatform.RotationScheduler.Tests.Alerts;

/// <summary>What an operator's dashboard and pager show.</summary>
public sealed class DashboardTests : IAsyncLifetime, ILogger<Alerting>
{
    readonly SchedulerFixture _fixture = new();
    readonly FleetService _service = new("rotation-scheduler");
    readonly HttpClient _http = new();
    readonly MeterListener _listener = new();
    readonly ConcurrentDictionary<string, double> _measured = [];
    readonly ConcurrentQueue<string> _log = [];
    RotationMetrics _metrics = null!;
    Webhook _webhook = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    DateTimeOffset Now => _fixture.Clock.GetUtcNow();

    Alerting Alerting => new(_http, new() { AlertWebhook = _webhook.Address }, _metrics, _fixture.Clock, this);

    public async ValueTask InitializeAsync()
    {
        await _fixture.InitializeAsync();
        _webhook = await Webhook.Start();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _service.Meter)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measure(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Measure(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measure(instrument, value, tags));
        _listener.Start();
        _metrics = new(_service);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _webhook.DisposeAsync();
        _http.Dispose();
        _service.Dispose();
        await _fixture.DisposeAsync();
    }

    [Fact]
    public async Task Certificates_that_expire_are_counted_by_days_and_each_is_warned_of_in_the_log_and_at_the_webhook_once()
    {
        await _fixture.Registrations.Store([
            ARegistration("SN-5", Now.AddDays(5)), ARegistration("SN-20", Now.AddDays(20)), ARegistration("SN-50", Now.AddDays(50)),
            ARegistration("SN-100", Now.AddDays(100)), ARegistration("SN-0", Now.AddDays(-1))], Cancellation);
        var alerts = new ExpiryAlerts(_fixture.Store, Alerting, _metrics, _fixture.Clock);

        await alerts.Handle(Cancellation);
        await alerts.Handle(Cancellation);

        _listener.RecordObservableInstruments();
        (_measured["fleet.rotation.expiring 7"], _measured["fleet.rotation.expiring 30"], _measured["fleet.rotation.expiring 60"]).ShouldBe((1, 2, 3));
        _measured["fleet.rotation.alerts expiry"].ShouldBe(3);
        _webhook.Heard.Select(alert => (alert["withinDays"]!.GetValue<int>(), alert["subjects"]!.AsArray().ShouldHaveSingleItem()!.GetValue<string>()))
            .ShouldBe([(7, "SN-5"), (30, "SN-20"), (60, "SN-50")]);
        _log.ShouldBe([
            "Warning ALERT expiry: 1 certificates in use expire within 7 days (SN-5)", "Warning ALERT expiry: 1 certificates in use expire within 30 days (SN-20)",
            "Warning ALERT expiry: 1 certificates in use expire within 60 days (SN-50)"]);
    }

    [Fact]
    public async Task Rotations_are_counted_while_they_wait_for_their_proof_and_by_how_they_ended()
    {
        await Begin("SN-1", "SN-2");
        var campaigns = new CampaignWork(_fixture.Store, _fixture.Campaigns, _fixture.Rotations, _fixture.Start, new(_fixture.Store, _fixture.Rotations, _fixture.Clock), _fixture.Options, _fixture.Clock);
        var due = new DueRotations(_fixture.Store, _fixture.Rules, _fixture.Start, _fixture.Options, _fixture.Clock);
        RotationWork nothingToGoOnWith = null!; // both wait for their devices
        await new RotationTurn(_fixture.Store, _fixture.Rotations, nothingToGoOnWith, campaigns, due, _metrics, _fixture.Options, _fixture.Clock, NullLogger<RotationTurn>.Instance).Handle(Cancellation);
        await new AlertOfFailures(_fixture.Store, Alerting, _metrics).Handle([
            Recorded("SN-1", new OfferProven("c", Now, []) { At = Now.AddSeconds(90) }), Recorded("SN-1", new RotationCompleted { At = Now }),
            Recorded("SN-2", new RotationFailed("no-answer", "Nothing by the deadline.", []) { At = Now }),
            Recorded("SN-3", new RotationFailed("no-answer", "Nothing by the deadline.", []) { At = Now }),
            Recorded("SN-4", new RotationCancelled("op", "called off", []) { At = Now })], Cancellation);

        _listener.RecordObservableInstruments();
        _measured["fleet.rotation.unproven"].ShouldBe(2);
        _measured["fleet.rotation.proof"].ShouldBe(90);
        (_measured["fleet.rotation.ended completed none"], _measured["fleet.rotation.ended failed no-answer"], _measured["fleet.rotation.ended cancelled none"]).ShouldBe((1, 2, 1));
        _measured["fleet.rotation.alerts rotation-failed"].ShouldBe(1);
        _webhook.Heard.ShouldHaveSingleItem()["count"]!.GetValue<int>().ShouldBe(2);
        _log.ShouldHaveSingleItem().ShouldContain("2 rotations have failed with no-answer. The devices keep their old certificates. (SN-2, SN-3)");
    }

    async Task Begin(params string[] things)
    {
        foreach (var thing in things)
        {
            var registration = ARegistration(thing, Now.AddDays(300));
            await _fixture.Registrations.Store([registration], Cancellation);
            (await _fixture.Start.Handle(new(thing, registration.CertificateId, RotationReason.Operator, null, "op"), Cancellation)).Refusal.ShouldBeNull();
        }
    }

    RecordedEvent Recorded(string thing, RotationEvent data) => new()
    {
        Id = Guid.CreateVersion7(), StreamId = Rotation.StreamOf(thing, 1), Version = 1, Type = "x", Data = data, Timestamp = Now,
    };

    // Counters add up; of a gauge and of a histogram the last value stays.
    void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = string.Join(' ', (string[])[instrument.Name, .. tags.ToArray().Select(tag => Convert.ToString(tag.Value, CultureInfo.InvariantCulture)!)]);
        _measured.AddOrUpdate(key, value, (_, sum) => instrument is Counter<long> ? sum + value : value);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue($"{logLevel} {formatter(state, exception)}");
}
