using System.Text;
using FleetPlatform.Mqtt;

namespace FleetPlatform.MqttGateway.Tests.Kit;

static class Waiting
{
    /// <summary>The next message.</summary>
    public static async Task<Publish> Next(this MqttClientConnection connection)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return await connection.Incoming.ReadAsync(patience.Token);
    }

    /// <summary>The server's last word, or null when it just closed.</summary>
    public static Task<Disconnect?> IsClosed(this MqttClientConnection connection) => connection.Closed.WaitAsync(Eventually.Patience);

    /// <summary>Nothing has come, as a round trip over the same connection shows.</summary>
    public static async Task HeardNothing(this MqttClientConnection connection)
    {
        await connection.Unsubscribe("nothing/at/all");
        connection.Incoming.TryRead(out var message).ShouldBeFalse(message is null ? "" : Encoding.UTF8.GetString(message.Payload.Span));
    }

    public static string Text(this Publish publish) => Encoding.UTF8.GetString(publish.Payload.Span);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
