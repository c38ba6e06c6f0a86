using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Running;

/// <summary>Which of the three sources a server may come from.</summary>
enum ServerSource
{
    /// <summary>The first that applies: configuration, container engine, native programs.</summary>
    Automatic,
    Container,
    Native,
}

/// <summary>How the host runs the graph, as the command line, environment or appsettings.json say.</summary>
sealed record HostOptions
{
    public required string AppHostDirectory { get; init; }

    public required FleetFolder Folder { get; init; }

    /// <summary><c>--servers automatic|container|native</c></summary>
    public ServerSource Servers { get; init; }

    /// <summary>Folder of PostgreSQL's programs (<c>--postgres-programs</c>); null to look in the usual places.</summary>
    public string? PostgresPrograms { get; init; }

    /// <summary>Folder of RabbitMQ's programs (<c>--rabbitmq-programs</c>); null to look in the usual places.</summary>
    public string? RabbitMqPrograms { get; init; }

    /// <summary>Whether the console shows what resources print (<c>--console quiet</c> for not); their own log files have it in any case.</summary>
    public bool ShowsOutput { get; init; } = true;

    /// <summary>Where the manifest goes, relative to the AppHost folder (<c>--output-path</c>).</summary>
    public string? OutputPath { get; init; }

    /// <summary>After this long without every resource being healthy, the host says which are not; it goes on trying.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A process gets this long to end after it was asked to, and is then killed.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the first restart of a process that ended by itself; doubles with each.</summary>
    public TimeSpan FirstRestartDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan LongestRestartDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait before a process starts again that had become healthy: it is worth having back, however often it is killed.</summary>
    public TimeSpan LongestDelayOnceHealthy { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A process that stayed up this long starts again with the first delay.</summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Telemetry settings of the host's own environment that services get too.</summary>
    public IReadOnlyDictionary<string, string> Telemetry { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What a command must be told to find this stack; empty in the usual folder.</summary>
    public string FolderOption => Folder.Path == Path.GetFullPath(UsualFolder(AppHostDirectory)) ? "" : $" --fleet-directory {Folder.Path}";

    public static HostOptions Read(IConfiguration configuration, string appHostDirectory) => new()
    {
        AppHostDirectory = appHostDirectory,
        Folder = new FleetFolder(Path.GetFullPath(configuration["fleet-directory"] ?? UsualFolder(appHostDirectory))),
        Servers = HostCommandLine.Read(configuration, "servers") is { } servers ? Enum.Parse<ServerSource>(servers, ignoreCase: true) : ServerSource.Automatic,
        PostgresPrograms = configuration["postgres-programs"],
        RabbitMqPrograms = configuration["rabbitmq-programs"],
        ShowsOutput = configuration["console"] != "quiet",
        OutputPath = configuration["output-path"],
        Telemetry = ReadTelemetry(configuration),
    };

    static string UsualFolder(string appHostDirectory) => Path.Combine(appHostDirectory, "..", ".fleet");

    static Dictionary<string, string> ReadTelemetry(IConfiguration configuration)
    {
        var endpoint = configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"];
        if (string.IsNullOrEmpty(endpoint)) return new(StringComparer.Ordinal);
        var telemetry = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "grpc",
            // Someone is looking: seconds late is too late (as Aspire sets them in development).
            ["OTEL_BLRP_SCHEDULE_DELAY"] = configuration["OTEL_BLRP_SCHEDULE_DELAY"] ?? "1000",
            ["OTEL_BSP_SCHEDULE_DELAY"] = configuration["OTEL_BSP_SCHEDULE_DELAY"] ?? "1000",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = configuration["OTEL_METRIC_EXPORT_INTERVAL"] ?? "1000",
        };
        foreach (var name in new[] { "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG" })
            if (configuration[name] is { Length: > 0 } value) telemetry[name] = value;
        return telemetry;
    }
}
