using System.Text;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Mqtt;
using MassTransit;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>
/// Publishes the scheduler's commands to devices, as any client would: to whoever may receive on the topic, queued for sessions that are
/// away. Every gateway is told, and each has its own sessions.
/// </summary>
sealed class ForwardCommandConsumer(MqttBroker broker, PushPair push) : IConsumer<DeviceCommand>
{
    public async Task Consume(ConsumeContext<DeviceCommand> context)
    {
        if (context.Message.PairFor is { } certificateId) await push.Handle(context.Message, certificateId);
        else broker.Publish(MessageOf(context.Message));
    }

    public static Publish MessageOf(DeviceCommand command) =>
        new() { Topic = command.Topic, Payload = Encoding.UTF8.GetBytes(command.Payload), QoS = QoS.AtLeastOnce };
}
