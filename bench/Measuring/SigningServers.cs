using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FleetPlatform.Events;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Bench.Measuring;

/// <summary>A server process that signs over HTTP, and where.</summary>
abstract class SigningServer(Process process, Uri address) : IAsyncDisposable
{
    public int ProcessId => process.Id;

    public Uri Address => address;

    protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    protected static async Task WaitUntilListening(int port, Process process, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!process.HasExited)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
            }
        }

        throw new InvalidOperationException($"The signing server ended with {process.ExitCode}.");
    }

    public virtual async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}

/// <summary><c>cfssl serve</c> with a P-256 authority of its own.</summary>
sealed class Cfssl : SigningServer
{
    readonly DirectoryInfo _folder;

    Cfssl(DirectoryInfo folder, Process process, int port) : base(process, new($"http://127.0.0.1:{port}/api/v1/cfssl/sign")) => _folder = folder;

    public static async Task<Cfssl> Start(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-cfssl-");
        await Run(folder, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "400",
            "-subj", "/O=bench/CN=bench", "-keyout", "key.pem", "-out", "ca.pem");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "config.json"),
            """{"signing":{"default":{"expiry":"8760h","usages":["digital signature","client auth"]}}}""", cancellation);
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo("cfssl",
            ["serve", "-address=127.0.0.1", $"-port={port}", "-ca=ca.pem", "-ca-key=key.pem", "-config=config.json", "-loglevel=4"])
        { WorkingDirectory = folder.FullName, UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await WaitUntilListening(port, process, cancellation);
        return new(folder, process, port);
    }

    static async Task Run(DirectoryInfo folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        { WorkingDirectory = folder.FullName, UseShellExecute = false, RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program}: {errors}");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>This program as a server with cfssl's sign operation, so that both are asked alike.</summary>
sealed class IssueServer : SigningServer
{
    IssueServer(Process process, int port) : base(process, new($"http://127.0.0.1:{port}/api/v1/cfssl/sign"))
    {
    }

    public static async Task<IssueServer> Start(string? connectionString, CancellationToken cancellation)
    {
        var port = FreePort();
        var start = new ProcessStartInfo("dotnet", [typeof(IssueServer).Assembly.Location, "issue", "--serve", $"{port}"]) { UseShellExecute = false };
        if (connectionString is not null) start.ArgumentList.Add(connectionString);
        var process = Process.Start(start)!;
        await WaitUntilListening(port, process, cancellation);
        return new(process, port);
    }

    public static async Task<int> Serve(int port, string? connectionString)
    {
        await using var dataSource = connectionString is null ? null : EventStore.CreateDataSource(connectionString);
        await using var store = dataSource is null ? null : IssuePath.Open(dataSource);
        using var path = new IssuePath(store);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapPost("/api/v1/cfssl/sign", async (SignRequest request) =>
            Results.Json(new { success = true, result = new { certificate = await path.Issue(request.certificate_request) } }));
        await app.RunAsync();
        return 0;
    }

    // Named as cfssl's JSON is.
    sealed record SignRequest(string certificate_request);
}
