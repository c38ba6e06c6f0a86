using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using FleetPlatform.RabbitKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;

namespace FleetPlatform.ServiceDefaults.Tests.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Without_an_endpoint_nobody_listens()
    {
        await using var host = await TestHost.Start("quiet", _ => { });

        host.Services.GetService<TracerProvider>().ShouldBeNull();
        host.Get<FleetService>().Source.HasListeners().ShouldBeFalse();
    }

    [Fact]
    public async Task Traces_metrics_and_logs_reach_a_collector()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await Collector(received);
        await using var host = await TestHost.Start("measured", _ => { },
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_BLRP_SCHEDULE_DELAY", "50"), ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=measured-1,deployment.environment=test"));

        host.Get<FleetService>().Meter.CreateCounter<long>("fleet.test.things").Add(1);
        host.Get<ILogger<TelemetryTests>>().LogCritical("A line of the log");
        using (host.Get<FleetService>().Source.StartActivity("a step of the flow")) { }

        await Received("/v1/traces", "a step of the flow");
        await Received("/v1/metrics", "fleet.test.things");
        await Received("/v1/logs", "A line of the log");
        received.Values.ShouldAllBe(body => body.Contains("measured-1") && body.Contains("fleet-platform"));

        Task Received(string path, string text) => Eventually.Is(
            () => received.GetValueOrDefault(path)?.Contains(text, StringComparison.Ordinal) == true, $"{path} with {text}");
    }

    [Fact]
    public async Task Each_item_of_a_batch_continues_its_own_trace()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "FleetPlatform.Messaging" or "FleetPlatform.gateway",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        (string, string)[] settings = [("ConnectionStrings:bus", await RabbitMqServer.TakeVirtualHost()), ("Messaging:BatchesInFlight", "1")];
        await using var doubler = await TestHost.Start("doubler", builder =>
        {
            builder.Services.AddSingleton<Seen>();
            builder.AddFleetBus("doubler", bus => bus.AddBatchConsumer<DoubleThemConsumer>());
        }, settings);
        await using var gateway = await TestHost.Start("gateway", builder =>
            builder.AddFleetBus("gateway", bus => bus.AddBatcher<DoubleThem, Double, DoubledThem, Doubled>()), settings);

        var asked = await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            using var packet = gateway.Get<FleetService>().Source.StartActivity("packet", ActivityKind.Server, parentContext: default)!;
            var answer = await gateway.Get<IBatcher<Double, Doubled>>().Ask(new Double { Number = number, TraceParent = packet.Id });
            return (Asked: packet.TraceId.ToHexString(), Answered: answer.TraceId);
        }));

        asked.ShouldAllBe(trace => trace.Asked == trace.Answered);
        asked.Select(trace => trace.Asked).Distinct().Count().ShouldBe(100);
        doubler.Get<Seen>().BatchSizes.Count.ShouldBeLessThan(100); // they did travel together
    }

    static async Task<WebApplication> Collector(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/v1/{signal}", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            var text = Encoding.Latin1.GetString(body.ToArray());
            received.AddOrUpdate(http.Request.Path, text, (_, before) => before + text);
        });
        await app.StartAsync();
        return app;
    }
}
