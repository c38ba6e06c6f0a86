using System.Net;
using FleetPlatform.Mqtt;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FleetPlatform.MqttGateway.Listening;

/// <summary>Kestrel's endpoints: MQTT over mutual TLS, health over HTTP, and MQTT in the clear for conformance suites when asked for.</summary>
static class Listening
{
    /// <summary>Opens the listeners when the host starts. The server certificate is there by then.</summary>
    public static void AddListeners(this WebApplicationBuilder builder)
    {
        // Kestrel ignores these settings as soon as it is told of any endpoint, so they are taken from it and applied here.
        var urls = HttpUrls(builder.Configuration).ToList();
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "").UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, urls));
    }

    static void Listen(KestrelServerOptions kestrel, IReadOnlyList<BindingAddress> httpUrls)
    {
        var services = kestrel.ApplicationServices;
        var options = services.GetRequiredService<GatewayOptions>();
        var broker = services.GetRequiredService<MqttBroker>();
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Listening).FullName!);
        var metrics = services.GetRequiredService<GatewayMetrics>();
        var certificates = services.GetRequiredService<ServerCertificates>();
        kestrel.AddServerHeader = false;

        kestrel.Listen(IPAddress.Parse(options.BindAddress), options.Port, listen =>
        {
            listen.UseMqttTls(new MqttTlsOptions
            {
                ServerCertificate = () => certificates.Current,
                Limits = services.GetRequiredService<MqttTlsLimits>(),
                OnHandshakeFailed = (remote, failure, said) =>
                {
                    metrics.HandshakeFailed(failure);
                    Log.HandshakeFailed(log, Sessions.DeviceConnection.AddressOf(remote), failure, said);
                },
            });
            listen.UseMqtt(broker);
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => Log.Listening(log, $"{listen.IPEndPoint}"));
        });
        if (options.PlainListener || options.PlainPort > 0)
        {
            var plain = new IPEndPoint(IPAddress.Parse(options.PlainBindAddress), options.PlainPort ?? 0);
            kestrel.Listen(plain, listen => listen.UseMqtt(broker));
            Log.PlainListener(log, $"{plain}");
        }

        foreach (var url in httpUrls) ListenForHttp(kestrel, url);
    }

    static IEnumerable<BindingAddress> HttpUrls(ConfigurationManager configuration)
    {
        var urls = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } given ? given
            : string.Join(';', (configuration[WebHostDefaults.HttpPortsKey] ?? "").Split([';', ','], StringSplitOptions.RemoveEmptyEntries).Select(port => $"http://*:{port}"));
        return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(BindingAddress.Parse).Where(url => url.Scheme == "http");
    }

    static void ListenForHttp(KestrelServerOptions kestrel, BindingAddress url)
    {
        static void Http(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
        if (url.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) kestrel.Listen(IPAddress.Loopback, url.Port, Http);
        else if (IPAddress.TryParse(url.Host, out var address)) kestrel.Listen(address, url.Port, Http);
        else kestrel.ListenAnyIP(url.Port, Http);
    }
}
