namespace FleetPlatform.Mqtt.Tests;

/// <summary>What a client hears.</summary>
static class Incoming
{
    public static async Task<Publish> Next(this MqttClientConnection connection) =>
        await connection.Incoming.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Eventually.Patience);

    public static string Text(this Publish publish) => System.Text.Encoding.UTF8.GetString(publish.Payload.Span);
}
