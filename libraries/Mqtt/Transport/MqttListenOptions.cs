using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FleetPlatform.Mqtt;

/// <summary>Makes a Kestrel endpoint speak MQTT.</summary>
public static class MqttListenOptions
{
    /// <summary>Puts TLS with a required client certificate in front of <see cref="UseMqtt"/>. Call it first.</summary>
    public static IConnectionBuilder UseMqttTls(this ListenOptions listen, MqttTlsOptions options) => throw new InvalidOperationException();

    /// <summary>Hands every connection of this endpoint to the broker. Without <see cref="UseMqttTls"/>: plain TCP, no client certificate.</summary>
    public static IConnectionBuilder UseMqtt(this ListenOptions listen, MqttBroker broker) => throw new InvalidOperationException();
}
