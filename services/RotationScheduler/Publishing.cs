using System.Text.Json;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler;

/// <summary>Turns recorded commands into messages for the gateways, what comes together into one. One that is sent twice is harmless: it names the certificate it replaces.</summary>
sealed class PublishCommands(IBus bus) : ISubscription
{
    public string Name => "rotation-scheduler.publish";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(RotationCommanded)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        await bus.PublishInTime(new DeviceCommands { Items = [.. batch.Select(recorded => Translate((RotationCommanded)recorded.Data))] }, cancellation, batch[^1].Id);
    }

    /// <summary>What the device is told (docs/rotation.md).</summary>
    public static DeviceCommand Translate(RotationCommanded commanded) => new()
    {
        ThingName = commanded.ThingName,
        Topic = RotationProtocol.CommandTopic(commanded.ThingName),
        PairFor = commanded.PushPair ? commanded.CertificateId : null,
        Payload = JsonSerializer.Serialize(new
        {
            command = "rotate",
            rotation = $"{commanded.ThingName}-{commanded.Number}",
            attempt = commanded.Attempt,
            certificateId = commanded.CertificateId,
            template = RotationProtocol.TemplateName,
            deadline = commanded.Deadline.ToUnixTimeSeconds(),
        }),
    };
}
