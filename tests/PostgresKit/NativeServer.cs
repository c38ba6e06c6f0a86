using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace FleetPlatform.PostgresKit;

/// <summary>One private PostgreSQL per test process, from the machine's own binaries. Gone when the process is gone, however it ends.</summary>
static class NativeServer
{
    static readonly Lazy<Task<string>> Started = new(() => Start(durable: false));

    public static Task<string> ConnectionString => Started.Value;

    /// <param name="durable">Whether a commit waits for the disk, as in production; tests do not.</param>
    public static async Task<string> Start(bool durable)
    {
        var binaries = FindBinaries();
        var asPostgres = Environment.IsPrivilegedProcess; // PostgreSQL refuses to run as root
        var home = Directory.CreateTempSubdirectory("fleet-postgres-").FullName;
        if (asPostgres) await Run("chown", "postgres", home);

        var data = Path.Combine(home, "data");
        await Run([.. As(asPostgres), Path.Combine(binaries, "initdb"), "--pgdata", data, "--username", "postgres", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]);

        var port = FreePort();
        // The shell holds our end of a pipe: when this process dies, even by kill -9, the read ends and the server is stopped.
        string[] server = [.. As(asPostgres), Path.Combine(binaries, "postgres"), "-D", data, "-p", $"{port}",
            "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={home}", "-c", durable ? "fsync=on" : "fsync=off",
            "-c", durable ? "full_page_writes=on" : "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB"];
        var script = "home=$1; shift; \"$@\" </dev/null >\"$home.log\" 2>&1 & child=$!; read -r _; "
            + "kill -QUIT $(head -1 \"$home/data/postmaster.pid\") 2>/dev/null; wait $child; rm -rf \"$home\" \"$home.log\"";
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in new[] { "/bin/sh", "-c", script, "sh", home }.Concat(server)) start.ArgumentList.Add(argument);
        var guard = Process.Start(start) ?? throw new InvalidOperationException("The guard of the test server did not start.");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => guard.StandardInput.Close();

        var connectionString = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres";
        await WaitUntilReady(connectionString, guard, home + ".log");
        return connectionString;
    }

    static async Task WaitUntilReady(string connectionString, Process guard, string log)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (deadline.Elapsed < Eventually.Patience && !guard.HasExited)
            {
                await Task.Delay(100);
            }
            catch (NpgsqlException failure)
            {
                throw new InvalidOperationException(
                    $"The test server did not start:\n{(File.Exists(log) ? await File.ReadAllTextAsync(log) : "no log")}", failure);
            }
        }
    }

    static string FindBinaries()
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return installed.OrderDescending(StringComparer.Ordinal).Concat(onPath)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new InvalidOperationException("PostgreSQL is not installed: apt-get install postgresql, or set FLEET_TEST_POSTGRES.");
    }

    static string[] As(bool postgres) => postgres ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task Run(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in command[1..]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} failed: {await output}{await errors}");
    }
}
