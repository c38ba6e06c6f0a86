using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>Looks a certificate up at start that nobody has.</summary>
sealed class FindNobody(Principals principals) : IWarmUp
{
    static readonly string Nobodys = new('0', 64); // the fingerprint of no certificate

    public Task WarmUp(CancellationToken cancellation) => principals.Find(Nobodys, cancellation).AsTask();
}
