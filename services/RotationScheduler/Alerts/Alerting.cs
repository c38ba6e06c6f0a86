using System.Net.Http.Json;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.RotationScheduler.Alerts;

/// <summary>What an operator is to know without asking. Written to the log, and posted as JSON to the webhook.</summary>
/// <param name="Kind">expiry, rotation-failed, campaign-aborted.</param>
/// <param name="Text">A sentence.</param>
/// <param name="Subjects">Things or campaigns it is about; at most ten.</param>
/// <param name="Count">How many there are in all.</param>
sealed record Alert(string Kind, string Text, IReadOnlyList<string> Subjects, long Count, DateTimeOffset At)
{
    /// <summary>Of an expiry alert: 60, 30 or 7.</summary>
    public int? WithinDays { get; init; }
}

/// <summary>Gives alerts out. A webhook that does not take one fails the caller, who comes again: at least once.</summary>
sealed class Alerting(HttpClient http, RotationSchedulerOptions options, RotationMetrics metrics, TimeProvider clock, ILogger<Alerting> log)
{
    /// <summary>How long a webhook is tried for one alert; then the log is its only record, and those behind it have their turn.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <exception cref="RequestUnavailableException">The webhook did not take it.</exception>
    public async Task Give(Alert alert, CancellationToken cancellation)
    {
        try
        {
            if (options.AlertWebhook.Length > 0) await Post(alert, cancellation);
        }
        catch (RequestUnavailableException failure) when (clock.GetUtcNow() - alert.At > Patience)
        {
            Log.WebhookGivenUp(log, alert.Kind, failure.Message);
        }

        Log.Alerted(log, alert.Kind, alert.Text, string.Join(", ", alert.Subjects));
        metrics.Alerted(alert.Kind);
    }

    async Task Post(Alert alert, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.AlertTimeout);
        try
        {
            using var response = await http.PostAsJsonAsync(options.AlertWebhook, alert, deadline.Token);
            if (!response.IsSuccessStatusCode) throw new RequestUnavailableException($"The alert webhook answered {(int)response.StatusCode}.");
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new RequestUnavailableException($"The alert webhook did not answer: {failure.GetType().Name}.", failure);
        }
    }
}
