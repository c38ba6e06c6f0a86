using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>
/// RabbitMQ as the host's own child. Erlang nodes find each other through a name server that is usually one daemon for the whole
/// machine and outlives everyone; here each stack has its own, in the foreground and guarded like the rest.
/// </summary>
sealed class RabbitMqProgram
{
    const string Install = "sudo apt-get install -y rabbitmq-server";

    readonly RabbitMQServerResource _server;
    readonly HostOptions _options;
    readonly int _namesPort;
    readonly int _distributionPort;
    readonly string _program;
    readonly string _names;

    public RabbitMqProgram(RabbitMQServerResource server, HostOptions options, int namesPort, int distributionPort)
    {
        _server = server;
        _options = options;
        _namesPort = namesPort;
        _distributionPort = distributionPort;
        _program = FindProgram(options.RabbitMqPrograms)
            ?? throw new DistributedApplicationException($"RabbitMQ is missing on this machine. Install it with: {Install} (or run ./fleet up, which does)");
        _names = Machine.Find("epmd")
            ?? throw new DistributedApplicationException("Erlang's name server 'epmd' is missing on this machine. Install it with: sudo apt-get install -y erlang-base");
    }

    public string NamesResource => $"{_server.Name}-names";

    static string? User => Machine.IsRoot ? "rabbitmq" : null;

    public async Task<ProcessPlan> PrepareNames(CancellationToken cancellation)
    {
        var folder = await Folder(cancellation);
        return new ProcessPlan
        {
            Command = [_names, "-address", "127.0.0.1", "-port", $"{_namesPort}"],
            WorkingDirectory = folder,
            User = User,
        };
    }

    public async Task<ProcessPlan> Prepare(CancellationToken cancellation)
    {
        var folder = await Folder(cancellation);
        await WriteConfiguration(folder, cancellation);
        return new ProcessPlan
        {
            Command = [_program],
            WorkingDirectory = folder,
            User = User,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HOME"] = folder, // the Erlang cookie lives there
                ["LC_ALL"] = "C.UTF-8",
                ["RABBITMQ_NODENAME"] = $"{_server.Name}@localhost",
                ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf"),
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "none"), // not the machine's own
                ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(folder, "none"),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
                ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "data"),
                ["RABBITMQ_LOG_BASE"] = folder,
                ["RABBITMQ_LOGS"] = "-",
                ["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid"),
                ["RABBITMQ_DIST_PORT"] = $"{_distributionPort}",
                ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
                ["ERL_EPMD_PORT"] = $"{_namesPort}",
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
                ["ERL_ZFLAGS"] = "-start_epmd false", // whichever Erlang RabbitMQ starts, none leaves a daemon behind
                ["ERL_CRASH_DUMP_SECONDS"] = "0",
                ["RUNNING_UNDER_SYSTEMD"] = "true", // the script becomes the server instead of staying as its parent
            },
        };
    }

    static string? FindProgram(string? configured)
    {
        string[] places = configured is not null ? [configured] : ["/usr/lib/rabbitmq/bin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin"];
        return places.Select(folder => Path.Combine(folder, "rabbitmq-server")).FirstOrDefault(File.Exists)
            ?? (configured is null && !Machine.IsRoot ? Machine.Find("rabbitmq-server") : null); // Debian's one on PATH insists on changing users
    }

    Task<string> Folder(CancellationToken cancellation) => Machine.FolderOf(User, _options.Folder.In(_server.Name), _options.Folder.Fingerprint, cancellation);

    async Task WriteConfiguration(string folder, CancellationToken cancellation)
    {
        var port = _server.PrimaryEndpoint.EndpointAnnotation.AllocatedPort!.Value.ToString(CultureInfo.InvariantCulture);
        var configuration = Path.Combine(folder, "rabbitmq.conf");
        FleetFolder.Write(configuration, $"""
            listeners.tcp.local = 127.0.0.1:{port}
            default_user = {await _server.UserNameReference.GetValueAsync(cancellation)}
            default_pass = {await _server.PasswordParameter.GetValueAsync(cancellation)}
            log.console = true
            log.console.level = warning
            log.file = false
            collect_statistics_interval = 60000
            vm_memory_high_watermark.relative = 0.25
            disk_free_limit.absolute = 200MB
            raft.wal_max_size_bytes = 67108864

            """, secret: true);
        FleetFolder.Write(Path.Combine(folder, "enabled_plugins"), "[].\n");
        if (User is { } user) await Machine.Run(["chown", user, configuration, Path.Combine(folder, "enabled_plugins")], null, cancellation);
    }
}
