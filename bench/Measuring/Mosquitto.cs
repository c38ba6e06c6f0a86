using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Bench.Measuring;

/// <summary>A mosquitto on a free loopback port with mutual TLS on P-256: the peer that a connect is measured against.</summary>
sealed class Mosquitto : IAsyncDisposable
{
    readonly DirectoryInfo _folder;
    readonly Process _process;

    Mosquitto(DirectoryInfo folder, Process process, int port, X509Certificate2 root, X509Certificate2 client)
    {
        (_folder, _process, Port, Root, Client) = (folder, process, port, root, client);
    }

    public int Port { get; }
    public int ProcessId => _process.Id;
    public X509Certificate2 Root { get; }

    /// <summary>A client certificate that it accepts, with its key.</summary>
    public X509Certificate2 Client { get; }

    public static async Task<Mosquitto> Start(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-mosquitto-");
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = SelfSigned(rootKey);
        var server = Issue(root, "CN=localhost", names => { names.AddDnsName("localhost"); names.AddIpAddress(IPAddress.Loopback); });
        var client = Issue(root, "CN=bench-device", _ => { });
        var port = FreePort();
        var path = folder.FullName;
        await File.WriteAllTextAsync($"{path}/ca.pem", root.ExportCertificatePem(), cancellation);
        await File.WriteAllTextAsync($"{path}/server.pem", server.ExportCertificatePem(), cancellation);
        await File.WriteAllTextAsync($"{path}/server.key", server.GetECDsaPrivateKey()!.ExportECPrivateKeyPem(), cancellation);
        await File.WriteAllTextAsync($"{path}/mosquitto.conf",
            $"""
             listener {port} 127.0.0.1
             cafile {path}/ca.pem
             certfile {path}/server.pem
             keyfile {path}/server.key
             require_certificate true
             use_identity_as_username false
             allow_anonymous true
             user root
             log_type error
             log_dest file {path}/mosquitto.log
             """, cancellation);
        var process = Process.Start(new ProcessStartInfo("mosquitto", ["-c", $"{path}/mosquitto.conf"]) { RedirectStandardError = true, UseShellExecute = false })!;
        await WaitUntilListening(port, process, cancellation);
        return new(folder, process, port, root, client);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Root.Dispose();
        Client.Dispose();
        _folder.Delete(recursive: true);
    }

    static X509Certificate2 SelfSigned(ECDsa key)
    {
        var request = new CertificateRequest("CN=bench root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(2));
    }

    static X509Certificate2 Issue(X509Certificate2 root, string subject, Action<SubjectAlternativeNameBuilder> name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("bench.invalid");
        name(names);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(root, now.AddMinutes(-30), now.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return issued.CopyWithPrivateKey(key);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task WaitUntilListening(int port, Process process, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
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

        throw new InvalidOperationException($"mosquitto ended with {process.ExitCode}: {await process.StandardError.ReadToEndAsync(cancellation)}");
    }
}
