using System.Net;
using FleetPlatform.Mqtt;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FleetPlatform.MqttGateway.Listening;

/// <summary>Kestrel's endpoints: MQTT over mutual TLS, health over HTTP, and MQTT in the clear for conformance suites when asked for.</summary>
static class Listening
{
    /// <summary>Opens the listeners when the host starts. The server certificate is there by then.</summary>
    public static void AddListeners(this WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel((context, kestrel) =>
    {
        var services = kestrel.ApplicationServices;
        var options = services.GetRequiredService<GatewayOptions>();
        var broker = services.GetRequiredService<MqttBroker>();
        var log = services.GetRequiredService<ILogger<MqttBroker>>();
        var metrics = services.GetRequiredService<GatewayMetrics>();
        var certificates = services.GetRequiredService<ServerCertificates>();
        kestrel.AddServerHeader = false;

        kestrel.Listen(IPAddress.Parse(options.BindAddress), options.Port, listen =>
        {
            listen.UseMqttTls(new MqttTlsOptions
            {
                ServerCertificate = () => certificates.Current,
                OnHandshakeFailed = (remote, failure) =>
                {
                    metrics.HandshakeFailed();
                    Log.HandshakeFailed(log, Sessions.DeviceConnection.AddressOf(remote), failure);
                },
            });
            listen.UseMqtt(broker);
            Log.Listening(log, $"{options.BindAddress}:{options.Port}");
        });
        if (options.PlainListener || options.PlainPort > 0)
        {
            kestrel.Listen(IPAddress.Loopback, options.PlainPort ?? 0, listen => listen.UseMqtt(broker));
            Log.PlainListener(log, $"{IPAddress.Loopback}:{options.PlainPort ?? 0}");
        }

        foreach (var url in HttpUrls(context.Configuration)) ListenForHttp(kestrel, url);
    });

    // Kestrel ignores these settings as soon as it is told of any endpoint, so they are read here.
    static IEnumerable<BindingAddress> HttpUrls(IConfiguration configuration)
    {
        var urls = configuration["urls"] is { Length: > 0 } given ? given
            : string.Join(';', (configuration["HTTP_PORTS"] ?? "").Split([';', ','], StringSplitOptions.RemoveEmptyEntries).Select(port => $"http://127.0.0.1:{port}"));
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
