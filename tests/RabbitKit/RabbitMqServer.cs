using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.RabbitKit;

/// <summary>
/// A real RabbitMQ: the one that <c>FLEET_TEST_RABBITMQ</c> names (an <c>amqp://</c> address, used as it is), or a native one on free
/// loopback ports with its data in a temporary folder. What is started ends with this process, even if that is killed.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    const int VirtualHosts = 24;
    const string Password = "guest";

    static readonly Lazy<Task<RabbitMqServer>> OfThisProcess = new(() => Start());

    readonly string _directory = Directory.CreateTempSubdirectory("fleet-rabbit-").FullName;
    readonly int _port = FreePort();
    readonly int _distributionPort = FreePort();
    readonly int _portMapperPort = FreePort();
    Process? _process;
    int _taken;

    RabbitMqServer() { }

    /// <summary>An empty virtual host of a server that all tests of this process share.</summary>
    /// <returns>Its address, with credentials.</returns>
    public static async Task<string> TakeVirtualHost()
    {
        if (Environment.GetEnvironmentVariable("FLEET_TEST_RABBITMQ") is { Length: > 0 } given) return given;

        return (await OfThisProcess.Value).NextVirtualHost();
    }

    /// <summary>Starts a server of the caller's own, which it may stop and start again.</summary>
    public static async Task<RabbitMqServer> Start()
    {
        var server = new RabbitMqServer();
        server.Configure();
        await server.Run();
        return server;
    }

    /// <summary>The address of a virtual host nobody has used yet.</summary>
    public string NextVirtualHost() => Interlocked.Increment(ref _taken) is var number and <= VirtualHosts
        ? $"amqp://guest:{Password}@127.0.0.1:{_port}/test-{number}"
        : throw new InvalidOperationException($"All {VirtualHosts} virtual hosts are taken.");

    /// <summary>Kills the server: connections break, non-durable queues are gone.</summary>
    public async Task Stop()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "keep"), "");
        await End();
    }

    async Task End()
    {
        if (_process is not { } process) return;
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again on the same port and data, and waits until it accepts connections.</summary>
    public async Task Run()
    {
        // The shell outlives this process by as long as it takes to clean up: it waits for our end of its input to close, however that happens.
        const string script = """
            trap '' TERM
            epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 >/dev/null 2>&1 </dev/null & mapper=$!
            /usr/lib/rabbitmq/bin/rabbitmq-server >"$HOME/output" 2>&1 </dev/null & server=$!
            cat >/dev/null
            broker=$(cat "$HOME/pid")
            kill -KILL $broker $server $mapper 2>/dev/null
            wait
            while kill -0 $broker 2>/dev/null; do sleep 0.1; done # not our child; it may write until it is gone
            [ -e "$HOME/keep" ] || rm -rf "$HOME"
            """;
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = _directory };
        foreach (var argument in (string[])[.. AsRabbitMqUser(), "/bin/sh", "-c", script])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in Settings())
            start.Environment[name] = value;

        File.Delete(Path.Combine(_directory, "keep"));
        _process = Process.Start(start) ?? throw new InvalidOperationException("setsid did not start.");
        var deadline = Stopwatch.StartNew();
        while (!await Answers())
        {
            if (_process.HasExited || deadline.Elapsed > Eventually.Patience)
                throw new InvalidOperationException($"RabbitMQ did not start (apt-get install rabbitmq-server):\n{LogTail()}");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(Path.Combine(_directory, "keep"));
        await End();
    }

    static string[] AsRabbitMqUser() =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--init-groups"] : [];

    Dictionary<string, string> Settings() => new()
    {
        ["RABBITMQ_NODENAME"] = $"fleet{_port}@localhost",
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_directory, "rabbitmq.conf"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_directory, "plugins"),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_directory, "data"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(_directory, "log"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(_directory, "pid"),
        ["RABBITMQ_DIST_PORT"] = $"{_distributionPort}",
        ["ERL_EPMD_PORT"] = $"{_portMapperPort}",
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["HOME"] = _directory,
    };

    void Configure()
    {
        File.WriteAllText(Path.Combine(_directory, "plugins"), "[].\n");
        File.WriteAllText(Path.Combine(_directory, "rabbitmq.conf"), $"""
            listeners.tcp.1 = 127.0.0.1:{_port}
            load_definitions = {_directory}/definitions.json
            log.file = false
            log.console = true
            log.console.level = warning
            """);
        var names = Enumerable.Range(1, VirtualHosts).Select(number => $"test-{number}").ToList();
        File.WriteAllText(Path.Combine(_directory, "definitions.json"), $$"""
            {
              "users": [{ "name": "guest", "password_hash": "{{PasswordHash()}}",
                          "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "administrator" }],
              "vhosts": [{{string.Join(", ", names.Select(name => $$"""{ "name": "{{name}}" }"""))}}],
              "permissions": [{{string.Join(", ", names.Select(name =>
                  $$"""{ "user": "guest", "vhost": "{{name}}", "configure": ".*", "write": ".*", "read": ".*" }"""))}}]
            }
            """);
        if (!Environment.IsPrivilegedProcess) return;

        using var chown = Process.Start("chown", ["-R", "rabbitmq:rabbitmq", _directory]);
        chown.WaitForExit();
    }

    // RabbitMQ's own form: four octets of salt, then SHA-256 of salt and password.
    static string PasswordHash()
    {
        byte[] salt = [1, 2, 3, 4];
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(Password)])]);
    }

    // A protocol header brings Connection.Start only when the broker is up, not when the socket merely listens.
    async Task<bool> Answers()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
            await client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
            return await client.GetStream().ReadAsync(new byte[1]) == 1;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }

    string LogTail()
    {
        var path = Path.Combine(_directory, "output");
        return File.Exists(path) ? string.Join('\n', File.ReadLines(path).TakeLast(40)) : "no output";
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
