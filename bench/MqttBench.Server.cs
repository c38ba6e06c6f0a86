using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Mqtt;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Bench;

/// <summary>The broker under test, in a process of its own so that its CPU can be told from the clients'.</summary>
static partial class MqttBench
{
    static async Task<int> Serve()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        var context = SslStreamCertificateContext.Create(certificate, null, offline: true);
        var broker = new MqttBroker(new Open(), new MqttBrokerOptions { MaximumOutboundBytes = 4 * 1024 * 1024 }, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UseMqttTls(new MqttTlsOptions { ServerCertificate = () => context });
            listen.UseMqtt(broker);
        }));
        var app = builder.Build();
        app.Run(_ => Task.CompletedTask);
        await app.StartAsync();
        Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port);
        await Console.In.ReadToEndAsync(); // ends with the parent
        return 0;
    }

    sealed class ServerProcess : IDisposable
    {
        readonly Process _process;

        ServerProcess(Process process, int port) => (_process, Port) = (process, port);

        public int Port { get; }
        public int Id => _process.Id;

        public static ServerProcess Start()
        {
            var host = Environment.ProcessPath!;
            string[] self = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(MqttBench).Assembly.Location] : [];
            var process = Process.Start(new ProcessStartInfo(host, [.. self, "mqtt", "--serve"])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
                Environment = { ["OPENSSL_CONF"] = Path.Combine(AppContext.BaseDirectory, "openssl.cnf"), ["DOTNET_SYSTEM_NET_SECURITY_TLSCACHESIZE"] = "1" }, // as the gateway runs
            })!;
            var line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server under test did not start.");
            return new(process, int.Parse(line, CultureInfo.InvariantCulture));
        }

        public void Dispose()
        {
            _process.Kill();
            _process.Dispose();
        }
    }

    sealed class Open : IMqttPolicy
    {
        public ValueTask<ConnectVerdict> AuthorizeConnect(ConnectAttempt attempt, CancellationToken cancellation) => new(ConnectVerdict.Accept(null));
        public PublishVerdict AuthorizePublish(MqttClient client, Publish publish) => PublishVerdict.Route;
        public ReasonCode AuthorizeSubscribe(MqttClient client, string filter, QoS requested, out bool close)
        {
            close = false;
            return (ReasonCode)requested;
        }

        public bool AuthorizeReceive(MqttClient client, Publish publish) => true;
        public ValueTask OnReserved(MqttClient client, Publish publish) => default;
        public void OnConnected(MqttClient client) { }
        public void OnDisconnected(MqttClient client, DisconnectCause cause) { }
    }
}
