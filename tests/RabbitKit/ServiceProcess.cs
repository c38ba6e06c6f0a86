using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FleetPlatform.RabbitKit;

/// <summary>A service as it is deployed: its own process, told by environment variables. Killed when disposed.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly Queue<string> _output = [];

    ServiceProcess(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = address };
    }

    public HttpClient Http { get; }

    /// <summary>Starts an assembly that stands beside the test's own, and waits until it says that it is healthy.</summary>
    /// <param name="assembly">For example <c>Revocation.dll</c>.</param>
    /// <param name="environment">As AppHost would set it.</param>
    public static async Task<ServiceProcess> Start(string assembly, params (string Name, string Value)[] environment)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        listener.Stop();

        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        start.Environment["ASPNETCORE_URLS"] = address;
        foreach (var (name, value) in environment) start.Environment[name] = value;

        var service = new ServiceProcess(Process.Start(start)!, new Uri(address));
        service.Listen();
        try
        {
            await Eventually.Is(service.IsHealthy, $"{assembly} is healthy");
        }
        catch (TimeoutException late)
        {
            throw new InvalidOperationException($"{assembly} did not become healthy:\n{string.Join('\n', service._output)}", late);
        }

        return service;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    async Task<bool> IsHealthy()
    {
        if (_process.HasExited) throw new InvalidOperationException($"It ended:\n{string.Join('\n', _output)}");
        try
        {
            using var answer = await Http.GetAsync("/health");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    void Listen()
    {
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not { } text) return;
        lock (_output)
        {
            _output.Enqueue(text);
            if (_output.Count > 200) _output.Dequeue();
        }
    }
}
