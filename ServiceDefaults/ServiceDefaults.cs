using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace FleetPlatform.ServiceDefaults;

/// <summary>What every service does the same way.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Adds telemetry, health checks, the deployment's identity and the system clock; on a runtime that is not safe, nothing starts.</summary>
    /// <param name="builder">The host being built.</param>
    /// <param name="service">Resource name in kebab-case, for example <c>thing-registry</c>.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string service) where TBuilder : IHostApplicationBuilder
    {
        PatchedRuntime.Require(Environment.Version);
        builder.Services.AddSingleton(_ => new FleetService(service));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddOptions<FleetOptions>(FleetOptions.Section);
        builder.Services.AddSingleton<Arn>();

        builder.AddQuietLogging();
        builder.AddTelemetry(service);
        builder.AddHealth();
        return builder;
    }

    /// <summary>
    /// Binds a section to immutable options, validates them at start (data annotations, and <c>IValidatableObject</c> for rules across
    /// members), and registers the validated object itself, so that constructors take <typeparamref name="T"/>.
    /// </summary>
    public static void AddOptions<T>(this IHostApplicationBuilder builder, string section) where T : class
    {
        builder.Services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(services => services.GetRequiredService<IOptions<T>>().Value);
    }

    /// <summary>Maps <c>/health</c> (ready for work: bus, store and the service's own checks) and <c>/alive</c> (the process answers).</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        return app;
    }

    // The lowest source of configuration, so that any Logging section still decides.
    static void AddQuietLogging(this IHostApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
                ["Logging:LogLevel:MassTransit"] = "Warning",
                ["Logging:LogLevel:Npgsql"] = "Warning",
            },
        });
        builder.Services.AddLogging(logging => logging
            .AddConsole(console => console.FormatterName = ConsoleLines.FormatterName)
            .AddConsoleFormatter<ConsoleLines, ConsoleFormatterOptions>());
    }
}
