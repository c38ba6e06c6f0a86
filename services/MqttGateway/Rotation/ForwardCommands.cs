using System.Text;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Mqtt;
using MassTransit;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>
/// Publishes the scheduler's commands to devices, as any client would: to whoever may receive on the topic, queued for sessions that are
/// away. Every gateway is told, and each has its own sessions.
/// </summary>
sealed class ForwardCommandsConsumer(MqttBroker broker, PushPair push) : IConsumer<DeviceCommands>
{
    public Task Consume(ConsumeContext<DeviceCommands> context)
    {
        foreach (var command in context.Message.Items.Where(command => command.PairFor is null)) broker.Publish(MessageOf(command));
        return Task.WhenAll(context.Message.Items.Where(command => command.PairFor is not null).Select(command => push.Handle(command, command.PairFor!)));
    }

    public static Publish MessageOf(DeviceCommand command) =>
        new() { Topic = command.Topic, Payload = Encoding.UTF8.GetBytes(command.Payload), QoS = QoS.AtLeastOnce };
}
