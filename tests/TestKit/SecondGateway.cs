using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FleetPlatform.TestKit;

/// <summary>Another gateway beside the fleet's own, on the same bus and database, as a second replica would be.</summary>
public sealed class SecondGateway : IDisposable
{
    /// <summary>How receipts name it, behind <c>mqtt-gateway/</c>.</summary>
    public const string Name = "second";

    readonly Process _process;

    SecondGateway(Process process, string folder, int port) => (_process, Folder, Port) = (process, folder, port);

    /// <summary>Where it keeps its data.</summary>
    public string Folder { get; }

    /// <summary>Of its MQTT listener.</summary>
    public int Port { get; }

    /// <summary>Starts it and waits until it is healthy.</summary>
    /// <param name="fleet">Whose environment it has.</param>
    /// <param name="settings">Environment of its own.</param>
    public static async Task<SecondGateway> Start(Fleet fleet, params (string Name, string Value)[] settings)
    {
        var (port, http) = (FreePort(), FreePort());
        var folder = Directory.CreateTempSubdirectory("second-gateway-").FullName;
        var start = new ProcessStartInfo("dotnet", [Repository.Assembly("services/MqttGateway")]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in fleet.EnvironmentOf("mqtt-gateway")) start.Environment[name] = value;
        start.Environment["MQTTS_PORT"] = $"{port}";
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{http}";
        start.Environment["MqttGateway__DataDirectory"] = folder;
        start.Environment["MqttGateway__Name"] = Name;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var health = new HttpClient();
        await Eventually.Holds(async () => (await health.GetAsync($"http://127.0.0.1:{http}/health")).EnsureSuccessStatusCode());
        return new(process, folder, port);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
