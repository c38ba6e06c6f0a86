using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.RotationScheduler.Tests.Alerts;

/// <summary>Where an operator's alerts are posted to.</summary>
sealed class Webhook : IAsyncDisposable
{
    readonly WebApplication _app;

    Webhook()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/alerts", async (HttpRequest request) =>
        {
            Heard.Enqueue((await JsonNode.ParseAsync(request.Body))!);
            return Results.StatusCode(Answers);
        });
    }

    public ConcurrentQueue<JsonNode> Heard { get; } = [];

    public int Answers { get; set; } = StatusCodes.Status204NoContent;

    public string Address => $"{_app.Urls.First()}/alerts";

    public static async Task<Webhook> Start()
    {
        var webhook = new Webhook();
        await webhook._app.StartAsync();
        return webhook;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
