using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace FleetPlatform.TestKit;

/// <summary>
/// The real graph, started as a user starts it: the host process, its own PostgreSQL and RabbitMQ, every service, on free ports and in a
/// folder of its own. Several can run side by side.
/// </summary>
public sealed class Fleet : IAsyncDisposable
{
    static readonly TimeSpan VerbPatience = TimeSpan.FromMinutes(10); // a verb may be a whole simulation
    readonly Process _host;
    readonly StringBuilder _output = new();

    Fleet(Process host, string directory)
    {
        _host = host;
        Directory = directory;
        host.OutputDataReceived += (_, line) => Keep(line.Data);
        host.ErrorDataReceived += (_, line) => Keep(line.Data);
        host.BeginOutputReadLine();
        host.BeginErrorReadLine();
    }

    /// <summary>The fleet directory: endpoints, credentials, logs, data.</summary>
    public string Directory { get; }

    /// <summary>A verb of <c>./fleet</c>, against this fleet.</summary>
    public Task<CommandResult> Run(params string[] arguments) =>
        Command.Run(Path.Combine(Repository.Root, "fleet"), [.. arguments, "--fleet-directory", Directory], VerbPatience);

    /// <summary>Process id of the host.</summary>
    public int HostProcessId => _host.Id;

    /// <summary>Everything the host has printed.</summary>
    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    /// <summary>Starts the platform and waits until every part of it is healthy.</summary>
    /// <param name="environment">Added to the host's, for example an OTLP endpoint.</param>
    /// <param name="arguments">Added to the host's command line.</param>
    /// <exception cref="InvalidOperationException">It did not come up; the message has its output.</exception>
    public static async Task<Fleet> Start(IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("fleet-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101); // the servers run as users of their own
        var start = new ProcessStartInfo("dotnet", [Repository.Assembly("AppHost"), "--fleet-directory", directory, "--ports", "dynamic", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        var fleet = new Fleet(Process.Start(start)!, directory);
        try
        {
            await fleet.IsUp();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the host says that all is healthy.</summary>
    public async Task IsUp()
    {
        try
        {
            await Eventually.Is(
                () => _host.HasExited
                    ? throw new InvalidOperationException($"The host ended with {_host.ExitCode}.\n{Output}")
                    : Task.FromResult(File.Exists(Path.Combine(Directory, "endpoints.json"))),
                "the fleet is healthy");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{Output}", late);
        }
    }

    /// <summary>What the host told a service by its environment: where its database is, which port it has.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOf(string resource) =>
        Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{ProcessId(resource)}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>Process id of a resource, for example <c>thing-registry</c>, as of now.</summary>
    public int ProcessId(string resource) =>
        State(resource)["pid"]!.GetValue<int>();

    /// <summary>Kills a resource's process, as a crash would. The host starts it again.</summary>
    public void Kill(string resource)
    {
        using var process = Process.GetProcessById(ProcessId(resource));
        process.Kill();
    }

    /// <summary>Stops a resource where it is, so that it answers nobody and nobody notices that it is gone; it is killed when the holder is disposed of.</summary>
    public async Task<HeldResource> Hold(string resource) => await HeldResource.Stop(resource, ProcessId(resource));

    /// <summary>Waits until a resource that was held, and killed then, runs again, healthy, in another process.</summary>
    public Task IsBack(HeldResource held) => IsBack(held.Resource, held.ProcessId);

    /// <summary>Waits until a resource that was killed runs again, healthy, in another process.</summary>
    public Task IsBack(string resource, int formerProcessId) => Eventually.Is(
        () => Task.FromResult(State(resource) is { } state
            && state["pid"]?.GetValue<int>() is { } current && current != formerProcessId
            && state["state"]?.GetValue<string>() == "Healthy"),
        $"{resource} is back");

    /// <summary>Stops the platform as <c>./fleet down</c> does and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_host.HasExited)
        {
            (await Command.Run("kill", ["-TERM", $"{_host.Id}"])).Succeeded();
            using var patience = new CancellationTokenSource(Eventually.Patience);
            try
            {
                await _host.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _host.Kill(entireProcessTree: true);
            }
        }

        _host.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    JsonNode State(string resource)
    {
        var path = Path.Combine(Directory, "state.json");
        return JsonNode.Parse(File.ReadAllText(path))!["resources"]![resource]
            ?? throw new InvalidOperationException($"{path} knows no {resource}.");
    }

    void Keep(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
