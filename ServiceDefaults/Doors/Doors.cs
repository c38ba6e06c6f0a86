using FleetPlatform.Contracts;
using FleetPlatform.Events;
using Microsoft.Extensions.DependencyInjection;

namespace FleetPlatform.ServiceDefaults;

/// <summary>The questions that every service answers for which it has registered what they need. Queues carry the service's name in front.</summary>
static class Doors
{
    const int Concurrency = 4; // operators ask, not devices

    public static void Add(FleetBusBuilder bus, string service) => bus.Requests.Add((context, rabbit) =>
    {
        var registered = context.GetRequiredService<IServiceProviderIsService>();
        if (registered.IsService(typeof(IFlowSteps)))
            FleetBusBuilder.ServeFrom<FindFlowSteps>(rabbit, Queues.OfRequest(typeof(FindFlowSteps), service), context,
                () => new FindFlowStepsConsumer(context.GetRequiredService<IFlowSteps>()), Concurrency);
        if (!registered.IsService(typeof(EventStore))) return;
        FleetBusBuilder.ServeFrom<ReadStream>(rabbit, Queues.OfRequest(typeof(ReadStream), service), context,
            () => new ReadStreamConsumer(context.GetRequiredService<EventStore>()), Concurrency);
        FleetBusBuilder.ServeFrom<FindChainEnd>(rabbit, Queues.OfRequest(typeof(FindChainEnd), service), context,
            () => new FindChainEndConsumer(context.GetRequiredService<ChainVerifier>()), Concurrency);
        FleetBusBuilder.ServeFrom<VerifyEvents>(rabbit, Queues.OfRequest(typeof(VerifyEvents), service), context,
            () => new VerifyEventsConsumer(context.GetRequiredService<ChainVerifier>()), Concurrency);
    });
}
