using System.Collections.Concurrent;
using FleetPlatform.Contracts.Revocation;
using MassTransit;

namespace FleetPlatform.Revocation.Gateways;

/// <summary>The gateways that are there, as far as this process has heard lately.</summary>
sealed class PresentGateways(RevocationOptions options, TimeProvider clock)
{
    readonly ConcurrentDictionary<string, long> _heard = new(StringComparer.Ordinal);

    /// <summary>Their places, as receipts name them.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            foreach (var (name, at) in _heard)
                if (clock.GetElapsedTime(at) > options.GatewaySilence) _heard.TryRemove(new(name, at));
            return [.. _heard.Keys.Order(StringComparer.Ordinal)];
        }
    }

    public void Hear(string gateway) => _heard[gateway] = clock.GetTimestamp();
}

sealed class GatewayPresentConsumer(PresentGateways gateways) : IConsumer<GatewayPresent>
{
    public Task Consume(ConsumeContext<GatewayPresent> context)
    {
        gateways.Hear(context.Message.GatewayName);
        return Task.CompletedTask;
    }
}
