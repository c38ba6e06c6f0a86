using FleetPlatform.Events;
using FleetPlatform.MqttGateway.Sessions;

namespace FleetPlatform.MqttGateway;

/// <summary>The names events are stored under. They never change.</summary>
static class EventNames
{
    public static EventTypes All { get; } = new EventTypes()
        .Map<ClaimConnected>("session.claim-connected.v1")
        .Map<SessionRefused>("session.refused.v1")
        .Map<FirstConnected>("session.first-connected.v1")
        .Map<AdmittedToRenew>("session.admitted-to-renew.v1")
        .Map<PairPushed>("session.pair-pushed.v1")
        .Map<ClosedByPlatform>("session.closed-by-platform.v1")
        .Map<AnswerNotDelivered>("session.answer-not-delivered.v1");
}
