using MassTransit;

namespace FleetPlatform.Contracts.RotationScheduler;

/// <summary>Names of the rotation protocol that devices see (docs/rotation.md).</summary>
public static class RotationProtocol
{
    /// <summary>The built-in template of RegisterThing: the same thing, the same policies, another certificate.</summary>
    public const string TemplateName = "fleet-rotation";

    /// <summary>What a device may report of each connection. It says nothing that the connection does not, and is passed on to nobody.</summary>
    public const string ConnectedStatus = "connected";

    /// <summary>What a gateway reports when a pair that it was to push reached nobody. A device that writes it is not believed.</summary>
    public const string NotPushedStatus = "not-pushed";

    const string Prefix = "devices/";
    const string ReportSuffix = "/certs/rotate/report";

    /// <summary>Where a device hears that it is to rotate.</summary>
    public static string CommandTopic(string thingName) => $"{Prefix}{thingName}/certs/rotate";

    /// <summary>Where it tells how that went.</summary>
    public static string ReportTopic(string thingName) => $"{Prefix}{thingName}{ReportSuffix}";

    /// <summary>Whether a topic is the report topic of this thing. Allocates nothing.</summary>
    public static bool IsReportTopic(ReadOnlySpan<char> topic, ReadOnlySpan<char> thingName) =>
        topic.Length == Prefix.Length + thingName.Length + ReportSuffix.Length
        && topic.EndsWith(ReportSuffix) && topic.StartsWith(Prefix) && topic[Prefix.Length..].StartsWith(thingName);
}

/// <summary>To every gateway: what devices are told, live or away.</summary>
[MessageUrn("fleet:device-commands:v1", useDefaultPrefix: false)]
public sealed record DeviceCommands
{
    public required IReadOnlyList<DeviceCommand> Items { get; init; }
}

/// <summary>Published to one device. QoS 1, never retained.</summary>
public sealed record DeviceCommand
{
    public required string ThingName { get; init; }
    public required string Topic { get; init; }

    /// <summary>JSON text. Holds no secret.</summary>
    public required string Payload { get; init; }

    /// <summary>
    /// Certificate id that a pair made by the platform is to replace: the gateway with the live connection of that certificate has the pair
    /// made, and adds it to the payload on the wire. Null: the payload goes out as it is.
    /// </summary>
    public string? PairFor { get; init; }
}

/// <summary>What a gateway saw of certificates that are in a rotation: <see cref="ThingRegistry.PrincipalGrant.WatchUntil"/>.</summary>
[MessageUrn("fleet:certificates-used:v1", useDefaultPrefix: false)]
public sealed record CertificatesUsed
{
    public required IReadOnlyList<CertificateUse> Items { get; init; }
}

public enum CertificateUseKind
{
    /// <summary>A connection was accepted.</summary>
    Connected = 0,

    /// <summary>The first message of a connection was published and allowed.</summary>
    Published = 1,
}

public sealed record CertificateUse
{
    public required string CertificateId { get; init; }

    /// <summary>The thing of the connection.</summary>
    public required string ThingName { get; init; }

    public required string SessionId { get; init; }
    public required CertificateUseKind Kind { get; init; }
    public required DateTimeOffset At { get; init; }
}

/// <summary>
/// A device told on its report topic how a rotation went, or its gateway that a pair did not reach it. Believed only about itself: the thing
/// is the connection's.
/// </summary>
[MessageUrn("fleet:rotation-reported:v1", useDefaultPrefix: false)]
public sealed record RotationReported
{
    public required string ThingName { get; init; }

    /// <summary>The certificate of the connection it came over.</summary>
    public required string CertificateId { get; init; }

    public required string SessionId { get; init; }

    /// <summary>As the device wrote it: <c>started</c>, <c>rotated</c>, <c>failed</c>, <c>rolled-back</c>, never
    /// <see cref="RotationProtocol.ConnectedStatus"/>, at most 64 characters; or the gateway's <see cref="RotationProtocol.NotPushedStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>The device's own words, at most 256 characters, or the gateway's.</summary>
    public string? Detail { get; init; }

    public required DateTimeOffset At { get; init; }
}
