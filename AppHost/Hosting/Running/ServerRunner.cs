using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Decides where each server comes from: configuration, a container engine, or programs of this machine, whichever applies first.</summary>
sealed class ServerRunner(HostOptions options, ContainerEngine? engine)
{
    public static async Task<ServerRunner> Create(IEnumerable<IResource> resources, HostOptions options, CancellationToken cancellation)
    {
        var needed = resources.OfType<ContainerResource>().Any(server => server is IResourceWithConnectionString { ConfiguredConnectionString: null });
        var engine = needed && options.Servers != ServerSource.Native ? await ContainerEngine.Find(options.Folder, cancellation) : null;
        return engine is null && needed && options.Servers == ServerSource.Container
            ? throw new DistributedApplicationException("No container engine answers. Start docker or podman, or use --servers native.")
            : new ServerRunner(options, engine);
    }

    static readonly TimeSpan RecheckEvery = TimeSpan.FromSeconds(5);

    /// <exception cref="DistributedApplicationException">A connection string is none, or a native program is missing; the message has the command that installs it.</exception>
    public IEnumerable<Runnable> Plan(IResource resource, Ports ports) => resource switch
    {
        PostgresServerResource postgres => [PlanPostgres(postgres)],
        RabbitMQServerResource rabbit => PlanRabbit(rabbit, ports),
        ContainerResource other => throw new DistributedApplicationException($"'{other.Name}' is a kind of server that this host cannot run."),
        _ => [],
    };

    Runnable PlanPostgres(PostgresServerResource server)
    {
        var plan = new Runnable
        {
            Name = server.Name,
            Kind = "configured",
            FindTrouble = cancellation => PostgresChecks.FindTrouble(server, cancellation),
            OnFirstHealthy = cancellation => PostgresChecks.CreateDatabases(server, cancellation),
            Ports = PortsOf(server),
            StopTurn = StopTurn.Servers,
        };
        if (server.ConfiguredConnectionString is { } configured)
        {
            ConfiguredServers.CheckPostgres(server.Name, configured);
            return plan with { Recheck = RecheckEvery }; // nothing else tells of its end
        }

        return engine is not null
            ? plan with { Kind = "container", Prepare = cancellation => engine.Prepare(server, cancellation) }
            : plan with { Kind = "native", Prepare = new PostgresProgram(server, options).Prepare };
    }

    IEnumerable<Runnable> PlanRabbit(RabbitMQServerResource server, Ports ports)
    {
        var plan = new Runnable
        {
            Name = server.Name,
            Kind = "configured",
            FindTrouble = cancellation => RabbitMqChecks.FindTrouble(server, cancellation),
            Ports = PortsOf(server),
            StopTurn = StopTurn.Servers,
        };
        if (server.ConfiguredConnectionString is { } configured)
        {
            ConfiguredServers.CheckRabbit(server.Name, configured);
            return [plan with { Recheck = RecheckEvery }];
        }

        if (engine is not null) return [plan with { Kind = "container", Prepare = cancellation => engine.Prepare(server, cancellation) }];

        var names = ports.For($"{server.Name}/names", null, "");
        var distribution = ports.For($"{server.Name}/distribution", null, "");
        var program = new RabbitMqProgram(server, options, names, distribution);
        return
        [
            new Runnable
            {
                Name = program.NamesResource,
                Kind = "native",
                Prepare = program.PrepareNames,
                FindTrouble = async cancellation => await RabbitMqChecks.IsListening(names, cancellation) ? null : $"nothing listens on port {names}",
                Ports = new Dictionary<string, int>(StringComparer.Ordinal) { ["tcp"] = names },
                StopTurn = StopTurn.NameServers,
            },
            plan with { Kind = "native", Prepare = program.Prepare, WaitsFor = [program.NamesResource] },
        ];
    }

    static Dictionary<string, int> PortsOf(IResource server) => server.Annotations.OfType<EndpointAnnotation>()
        .Where(endpoint => endpoint.AllocatedPort is not null)
        .ToDictionary(endpoint => endpoint.Name, endpoint => endpoint.AllocatedPort!.Value, StringComparer.Ordinal);
}
