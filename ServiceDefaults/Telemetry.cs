using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Traces, metrics and logs by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, as Aspire sets it; otherwise nothing listens and
/// nothing is paid. Endpoint, protocol (<c>grpc</c>, <c>http/protobuf</c>), headers, sampler, resource attributes and the intervals of
/// the batches come from the <c>OTEL_*</c> variables of the OpenTelemetry specification.
/// </summary>
static class Telemetry
{
    const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    static readonly string[] Meters =
    [
        "FleetPlatform.*", "MassTransit", "Npgsql", "System.Runtime",
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
    ];

    public static void AddTelemetry(this IHostApplicationBuilder builder, string service)
    {
        var configuration = builder.Configuration;
        if (string.IsNullOrWhiteSpace(configuration[Endpoint])) return;

        builder.Services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton<IConfiguration>(configuration))
            .ConfigureResource(resource => Describe(resource, service, configuration))
            .AddSource("FleetPlatform.*", "MassTransit", "Npgsql", "Microsoft.AspNetCore")
            .AddProcessor(new WithoutHealthProbes())
            .AddOtlpExporter()
            .Build());
        builder.Services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton<IConfiguration>(configuration))
            .ConfigureResource(resource => Describe(resource, service, configuration))
            .AddMeter(Meters)
            .AddOtlpExporter()
            .Build());
        builder.Logging.AddOpenTelemetry(logging =>
        {
            var resource = ResourceBuilder.CreateDefault();
            Describe(resource, service, configuration);
            logging.SetResourceBuilder(resource);
            logging.IncludeScopes = false;
            logging.IncludeFormattedMessage = true;
            logging.AddOtlpExporter();
        });
        builder.Services.AddHostedService<TelemetryLifetime>();
    }

    static void Describe(ResourceBuilder resource, string service, IConfiguration configuration)
    {
        resource.AddService(configuration["OTEL_SERVICE_NAME"] ?? service, serviceNamespace: "fleet-platform");
        resource.AddEnvironmentVariableDetector(); // OTEL_RESOURCE_ATTRIBUTES, and OTEL_SERVICE_NAME again: the operator's word is last
    }

    /// <summary>Creates the providers before the first request, and flushes them at the end: the container disposes what it created.</summary>
    sealed class TelemetryLifetime(TracerProvider traces, MeterProvider metrics) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            // Bounded: a collector that is away must not hold up a stop.
            traces.ForceFlush(timeoutMilliseconds: 2_000);
            metrics.ForceFlush(timeoutMilliseconds: 2_000);
            return Task.CompletedTask;
        }
    }

    /// <summary>Health probes come every few seconds and say nothing.</summary>
    sealed class WithoutHealthProbes : BaseProcessor<System.Diagnostics.Activity>
    {
        public override void OnEnd(System.Diagnostics.Activity data)
        {
            if (data.GetTagItem("url.path") is "/health" or "/alive")
                data.ActivityTraceFlags &= ~System.Diagnostics.ActivityTraceFlags.Recorded;
        }
    }
}
