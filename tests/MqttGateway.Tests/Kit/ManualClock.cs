namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>A clock that stands still until it is told to go on.</summary>
sealed class ManualClock : TimeProvider
{
    DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public void Advance(TimeSpan by) => _now += by;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
}
