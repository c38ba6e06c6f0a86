using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Alerts;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.RotationScheduler.Tests.Alerts;

public sealed class AlertingTests : IAsyncLifetime
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    readonly FleetService _service = new("rotation-scheduler");
    readonly HttpClient _http = new();
    Webhook _webhook = null!;

    public async ValueTask InitializeAsync() => _webhook = await Webhook.Start();

    public async ValueTask DisposeAsync()
    {
        await _webhook.DisposeAsync();
        _http.Dispose();
        _service.Dispose();
    }

    Alerting Alerting(DateTimeOffset now) => new(_http, new() { AlertWebhook = _webhook.Address }, new RotationMetrics(_service), new StandingClock(now), NullLogger<Alerting>.Instance);

    static Alert AnAlert => new("expiry", "3 certificates in use expire within 7 days", ["SN-1", "SN-2", "SN-3"], 3, Noon) { WithinDays = 7 };

    [Fact]
    public async Task An_alert_is_posted_as_json()
    {
        await Alerting(Noon).Give(AnAlert, TestContext.Current.CancellationToken);

        _webhook.Heard.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            body => body["kind"]!.GetValue<string>().ShouldBe("expiry"),
            body => body["withinDays"]!.GetValue<int>().ShouldBe(7),
            body => body["count"]!.GetValue<int>().ShouldBe(3),
            body => body["subjects"]!.AsArray().Count.ShouldBe(3));
    }

    [Fact]
    public async Task A_webhook_that_does_not_take_it_is_tried_for_a_minute_and_then_the_log_is_enough()
    {
        _webhook.Answers = StatusCodes.Status500InternalServerError;

        await Should.ThrowAsync<RequestUnavailableException>(() => Alerting(Noon.AddSeconds(59)).Give(AnAlert, TestContext.Current.CancellationToken));
        await Should.NotThrowAsync(() => Alerting(Noon.AddSeconds(61)).Give(AnAlert, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_failed_in_the_same_moment_for_the_same_reason_is_one_alert_and_an_aborted_campaign_is_another()
    {
        var failed = Enumerable.Range(1, 12).Select(n => Recorded(Rotation.StreamOf($"SN-{n}", 1), new RotationFailed("no-answer", "Nothing by the deadline.", []) { At = Noon }));
        RecordedEvent[] batch =
        [
            .. failed, Recorded(Campaign.StreamOf("eu"), new CampaignAborted(12, 100, "12 failed, 5 may") { At = Noon }),
            Recorded(Rotation.StreamOf("SN-99", 2), new RotationCompleted { At = Noon }),
        ];

        var alerts = AlertOfFailures.Translate(batch).ToArray();

        alerts.Select(alert => (alert.Kind, alert.Count, alert.Subjects.Count)).ShouldBe([("campaign-aborted", 1L, 1), ("rotation-failed", 12L, 10)]);
        alerts[0].Text.ShouldContain("12 failed, 5 may");
    }

    static RecordedEvent Recorded(StreamId stream, object data) => new()
    {
        Id = Guid.CreateVersion7(), StreamId = stream, Version = 1, Type = "x", Data = data, Timestamp = Noon,
    };
}
