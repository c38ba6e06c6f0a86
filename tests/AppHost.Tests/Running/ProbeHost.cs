using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using FleetPlatform.TestKit;

namespace FleetPlatform.AppHost.Tests.Running;

/// <summary>A host process with a small graph: both servers and one service.</summary>
sealed class ProbeHost : IAsyncDisposable
{
    static readonly HttpClient Http = new();

    readonly Process _process;
    readonly StringBuilder _output = new();

    ProbeHost(Process process, string folder)
    {
        (_process, Folder) = (process, folder);
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Folder { get; }

    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    public static ProbeHost Begin(string folder, params string[] arguments) => new(
        Process.Start(new ProcessStartInfo("dotnet", [Repository.Assembly("tests/AppHost.Probe"), "--fleet-directory", folder, "--servers", "native", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        })!, folder);

    public static async Task<ProbeHost> Start(string folder, params string[] arguments)
    {
        var host = Begin(folder, arguments);
        await host.IsUp();
        return host;
    }

    public Task IsUp() => Eventually.Is(
        () => _process.HasExited ? throw new InvalidOperationException(Output) : Task.FromResult(IsReady()),
        $"the probe host is up:\n{Output}");

    // The files of a host that was killed are still there when the next one begins.
    bool IsReady() =>
        File.Exists(Path.Combine(Folder, "endpoints.json")) && File.Exists(Path.Combine(Folder, "state.json"))
        && JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "state.json")))!["pid"]!.GetValue<int>() == _process.Id;

    public JsonNode State(string resource) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "state.json")))!["resources"]![resource]!;

    public int ProcessId(string resource) => State(resource)["pid"]!.GetValue<int>();

    public int Port(string resource, string endpoint) => State(resource)["ports"]![endpoint]!.GetValue<int>();

    public Task<string> Get(string path) => Http.GetStringAsync(new Uri($"http://127.0.0.1:{Port("probe", "http")}{path}"));

    public async Task<JsonNode> Environment() => JsonNode.Parse(await Get("/environment"))!;

    /// <summary>Every process with this stack's folder in its command line or environment: the host, the servers, the guards.</summary>
    public IReadOnlyList<string> Processes() =>
    [
        .. from entry in Directory.GetDirectories("/proc")
           where int.TryParse(Path.GetFileName(entry), out _)
           let text = Read($"{entry}/cmdline") + Read($"{entry}/environ")
           where text.Contains(Folder, StringComparison.Ordinal) && !Read($"{entry}/stat").Contains(") Z ", StringComparison.Ordinal)
           select $"{Path.GetFileName(entry)} {Read($"{entry}/cmdline").Replace('\0', ' ')}",
    ];

    public async Task<int> Exited()
    {
        await _process.WaitForExitAsync().WaitAsync(Eventually.Patience);
        return _process.ExitCode;
    }

    public async Task<int> Stop(string signal = "INT")
    {
        (await Command.Run("kill", [$"-{signal}", $"{_process.Id}"])).Succeeded();
        return await Exited();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await Stop();
        _process.Dispose();
    }

    void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }

    static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
