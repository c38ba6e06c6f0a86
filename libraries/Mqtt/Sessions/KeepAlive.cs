namespace FleetPlatform.Mqtt;

/// <summary>When silence means death (MQTT 5.0 §3.1.2.10).</summary>
static class KeepAlive
{
    /// <summary>The keep-alive in force: the wish, raised or cut to the limits; no wish (0) is the longest allowed.</summary>
    /// <param name="requestedSeconds">From CONNECT.</param>
    public static TimeSpan Grant(ushort requestedSeconds, TimeSpan minimum, TimeSpan maximum)
    {
        var requested = TimeSpan.FromSeconds(requestedSeconds);
        if (requested == TimeSpan.Zero || requested > maximum) return maximum;
        return requested < minimum ? minimum : requested;
    }

    /// <summary>True after one and a half times the keep-alive without a control packet [MQTT-3.1.2-22] (3.1.1: [MQTT-3.1.2-24]).</summary>
    public static bool IsOverdue(TimeSpan silence, TimeSpan granted) => silence > granted * 1.5;
}
