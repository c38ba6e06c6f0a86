using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

static class PostgresBuilderExtensions
{
    /// <summary>Adds a PostgreSQL server. A connection string of its name in configuration stands for it while running.</summary>
    /// <param name="builder">The graph.</param>
    /// <param name="name">Name of the resource and of its connection string.</param>
    /// <param name="userName">User; <c>postgres</c> unless said.</param>
    /// <param name="password">Password; generated and kept unless said.</param>
    /// <param name="port">Port on this machine; null for any free one.</param>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var server = new PostgresServerResource(name, userName?.Resource, (password ?? builder.AddGeneratedPassword(name)).Resource)
        {
            ConfiguredConnectionString = builder.ConfiguredConnectionString(name),
        };
        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: 5432, name: "tcp")
            .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/postgres", Tag = "17.6" })
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment("POSTGRES_USER", server.UserNameReference)
            .WithEnvironment(context => context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter);
    }

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource)
        {
            ConfiguredConnectionString = builder.ApplicationBuilder.ConfiguredConnectionString(name),
        };
        builder.Resource.AddDatabase(database.Name, database.DatabaseName);
        return builder.ApplicationBuilder.AddResource(database);
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithAnnotation(new ContainerMountAnnotation(name ?? $"{builder.Resource.Name}-data", "/var/lib/postgresql/data", isReadOnly));
}

static class RabbitMQBuilderExtensions
{
    /// <summary>Adds a RabbitMQ server. A connection string of its name in configuration stands for it while running.</summary>
    /// <param name="builder">The graph.</param>
    /// <param name="name">Name of the resource and of its connection string.</param>
    /// <param name="userName">User; <c>guest</c> unless said.</param>
    /// <param name="password">Password; generated and kept unless said. No special characters: it goes into a URI.</param>
    /// <param name="port">Port on this machine; null for any free one.</param>
    public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(
        this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var server = new RabbitMQServerResource(name, userName?.Resource, (password ?? builder.AddGeneratedPassword(name)).Resource)
        {
            ConfiguredConnectionString = builder.ConfiguredConnectionString(name),
        };
        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: 5672, name: "tcp")
            .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/rabbitmq", Tag = "4.1" })
            .WithEnvironment("RABBITMQ_DEFAULT_USER", server.UserNameReference)
            .WithEnvironment(context => context.EnvironmentVariables["RABBITMQ_DEFAULT_PASS"] = server.PasswordParameter);
    }

    public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder
            .WithAnnotation(new ContainerMountAnnotation(name ?? $"{builder.Resource.Name}-data", "/var/lib/rabbitmq", isReadOnly))
            .WithEnvironment(context =>
            {
                // The data belongs to a node name, and a container's own name is new each time.
                if (context.ExecutionContext.IsRunMode) context.EnvironmentVariables["RABBITMQ_NODENAME"] = $"{builder.Resource.Name}@localhost";
            });
}

static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a .NET project, built in the host's own configuration.</summary>
    /// <param name="builder">The graph.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="projectPath">Project file, relative to <see cref="IDistributedApplicationBuilder.AppHostDirectory"/>.</param>
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath) =>
        builder.AddResource(new ProjectResource(name, Path.GetFullPath(Path.Combine(builder.AppHostDirectory, projectPath))))
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EXCEPTION_LOG_ATTRIBUTES"] = "true";
                context.EnvironmentVariables["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EVENT_LOG_ATTRIBUTES"] = "true";
                context.EnvironmentVariables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
                if (context.ExecutionContext.IsPublishMode) context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
            });

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(replicas);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas));
    }
}

static class ParameterResourceBuilderExtensions
{
    /// <summary>A value that configuration must give, as <c>Parameters:{name}</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => Configured(builder, name) ?? throw Missing(name), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        if (publishValueAsDefault && secret) throw new ArgumentException($"Parameter '{name}' cannot be both secret and published.", nameof(secret));
        return builder.AddResource(new ParameterResource(name, _ => value, secret) { PublishedDefault = publishValueAsDefault ? value : null });
    }

    /// <summary>A value from configuration, else from <paramref name="value"/>; with <paramref name="persist"/> the same in the next run.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        if (persist && builder is DistributedApplicationBuilder { ExecutionContext.IsRunMode: true } host)
            value = new PersistedParameterDefault(name, value, host.Secrets.GetOrAdd);
        return builder.AddResource(new ParameterResource(name, fallback => Configured(builder, name) ?? fallback!.GetDefaultValue(), secret) { Default = value });
    }

    internal static IResourceBuilder<ParameterResource> AddGeneratedPassword(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter($"{name}-password", new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true, persist: true);

    /// <summary>A connection string from configuration; an empty one is none.</summary>
    internal static string? ConfiguredConnectionString(this IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration.GetConnectionString(name) is { Length: > 0 } given ? given : null;

    static string? Configured(IDistributedApplicationBuilder builder, string name) => builder.Configuration[$"Parameters:{name}"];

    static DistributedApplicationException Missing(string name) =>
        new($"Parameter '{name}' has no value: set Parameters__{name} in the environment or --Parameters:{name} on the command line.");
}
