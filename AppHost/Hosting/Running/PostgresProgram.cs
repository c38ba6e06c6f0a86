using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>PostgreSQL as the host's own child, from the machine's programs, with its data in the fleet folder.</summary>
sealed class PostgresProgram
{
    const string Install = "sudo apt-get install -y postgresql";

    // Sized for one small machine shared with everything else. Durability is not for sale: fsync and synchronous_commit stay on.
    static readonly string[] Tuning =
    [
        "fsync=on", "synchronous_commit=on", "full_page_writes=on",
        "shared_buffers=256MB", "max_connections=300", "work_mem=8MB", "maintenance_work_mem=64MB",
        "wal_compression=lz4", "max_wal_size=4GB", "min_wal_size=256MB", "checkpoint_timeout=15min", "checkpoint_completion_target=0.9",
        "jit=off", "random_page_cost=1.1", "max_parallel_workers_per_gather=0", "track_activity_query_size=512",
        "log_checkpoints=off", "log_line_prefix=%m [%p] %d ", "log_destination=stderr", "logging_collector=off", "cluster_name=fleet",
    ];

    readonly PostgresServerResource _server;
    readonly HostOptions _options;
    readonly string _programs;

    public PostgresProgram(PostgresServerResource server, HostOptions options)
    {
        _server = server;
        _options = options;
        _programs = FindPrograms(options.PostgresPrograms)
            ?? throw new DistributedApplicationException($"PostgreSQL is missing on this machine. Install it with: {Install} (or run ./fleet up, which does)");
    }

    static string? User => Machine.IsRoot ? "postgres" : null;

    public async Task<ProcessPlan> Prepare(CancellationToken cancellation)
    {
        var folder = await Machine.FolderOf(User, _options.Folder.In(_server.Name), _options.Folder.Fingerprint, cancellation);
        var data = Path.Combine(folder, "data");
        if (!File.Exists(Path.Combine(data, "PG_VERSION"))) await Create(folder, data, cancellation);
        await CheckVersion(data, cancellation);
        await DropStaleLock(data, cancellation);
        var port = _server.PrimaryEndpoint.EndpointAnnotation.AllocatedPort!.Value.ToString(CultureInfo.InvariantCulture);
        return new ProcessPlan
        {
            Command =
            [
                Path.Combine(_programs, "postgres"), "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                .. Tuning.SelectMany(setting => new[] { "-c", setting }), .. ResourceEnvironment.Arguments(_server),
            ],
            WorkingDirectory = folder,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8", ["HOME"] = folder },
            User = User,
            StopSignal = PosixSignal.SIGINT, // "fast": ends sessions, keeps everything committed
        };
    }

    /// <summary>The newest version's folder of programs; null when there is none.</summary>
    static string? FindPrograms(string? configured)
    {
        if (configured is not null) return File.Exists(Path.Combine(configured, "postgres")) ? configured : null;
        const string debian = "/usr/lib/postgresql";
        var packaged = !Directory.Exists(debian)
            ? null
            : Directory.GetDirectories(debian)
                .Select(version => Path.Combine(version, "bin"))
                .Where(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")))
                .MaxBy(folder => int.TryParse(Path.GetFileName(Path.GetDirectoryName(folder)), CultureInfo.InvariantCulture, out var version) ? version : 0);
        return packaged ?? (Machine.Find("postgres") is { } found && Machine.Find("initdb") is not null ? Path.GetDirectoryName(found) : null);
    }

    // Created beside and moved into place, so that a host killed half way leaves nothing that looks like a database.
    async Task Create(string folder, string data, CancellationToken cancellation)
    {
        var (unfinished, password) = (Path.Combine(folder, "data.new"), Path.Combine(folder, "password.new"));
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        try
        {
            FleetFolder.Write(password, (await _server.PasswordParameter.GetValueAsync(cancellation))!, secret: true);
            if (User is { } user) await Machine.Run(["chown", user, password], null, cancellation);
            var name = await _server.UserNameReference.GetValueAsync(cancellation);
            await Machine.Run(
                [
                    .. Machine.AsUser(User), Path.Combine(_programs, "initdb"), "-D", unfinished, "-U", name!, $"--pwfile={password}",
                    "--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
                ], folder, cancellation);
            Directory.Move(unfinished, data);
        }
        finally
        {
            File.Delete(password);
        }
    }

    async Task CheckVersion(string data, CancellationToken cancellation)
    {
        var version = (await File.ReadAllTextAsync(Path.Combine(data, "PG_VERSION"), cancellation)).Trim();
        var answer = await Machine.Run([Path.Combine(_programs, "postgres"), "--version"], null, cancellation);
        if (!answer.Contains($" {version}.", StringComparison.Ordinal))
            throw new DistributedApplicationException($"The data in {data} is of PostgreSQL {version}, and this machine has: {answer.Trim()}. Install version {version}, or drop the data with ./fleet reset.");
    }

    // After kill -9 the lock of the dead server stays. PostgreSQL removes it itself, unless another process of its user has got the number since.
    static async Task DropStaleLock(string data, CancellationToken cancellation)
    {
        var path = Path.Combine(data, "postmaster.pid");
        for (var waited = 0; File.Exists(path) && waited < 100; waited++)
        {
            var first = (await File.ReadAllLinesAsync(path, cancellation)).FirstOrDefault();
            if (!int.TryParse(first, CultureInfo.InvariantCulture, out var pid) || !IsServerOf(pid, data))
            {
                File.Delete(path);
                return;
            }

            await Task.Delay(100, cancellation); // it is on its way out: its guard has asked it to end
        }
    }

    static bool IsServerOf(int pid, string data)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(data, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
