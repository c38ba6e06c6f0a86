using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Mqtt;

/// <summary>Makes a Kestrel endpoint speak MQTT.</summary>
public static class MqttListenOptions
{
    /// <summary>Puts TLS with a required client certificate in front of <see cref="UseMqtt"/>. Call it first.</summary>
    public static IConnectionBuilder UseMqttTls(this ListenOptions listen, MqttTlsOptions options)
    {
        var log = listen.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger<MqttBroker>();
        return listen.Use(next => new TlsMiddleware(next, options, log).OnConnection);
    }

    /// <summary>Hands every connection of this endpoint to the broker. Without <see cref="UseMqttTls"/>: plain TCP, no client certificate.</summary>
    public static IConnectionBuilder UseMqtt(this ListenOptions listen, MqttBroker broker) =>
        listen.Use(_ => connection => new MqttConnection(broker, connection).Run());
}
