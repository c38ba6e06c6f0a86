namespace FleetPlatform.Mqtt.Tests;

static class Eventually
{
    /// <summary>Waits until a condition holds, and fails when it does not in time.</summary>
    public static async Task Holds(Func<bool> condition, TimeSpan? within = null)
    {
        var deadline = DateTime.UtcNow + (within ?? TimeSpan.FromSeconds(5));
        while (!condition())
        {
            if (DateTime.UtcNow > deadline) throw new TimeoutException("The condition never held.");
            await Task.Yield();
            Thread.Sleep(5);
        }
    }

    public static async Task<Publish> Next(this MqttClientConnection connection, double seconds = 5) =>
        await connection.Incoming.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(seconds));

    public static string Text(this Publish publish) => System.Text.Encoding.UTF8.GetString(publish.Payload.Span);
}
