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
        if (context.GetService<IFlowSteps>() is { } steps)
            FleetBusBuilder.ServeFrom(rabbit, Queues.OfRequest(typeof(FindFlowSteps), service), context, new FindFlowStepsConsumer(steps), Concurrency);
        if (context.GetService<EventStore>() is { } store)
            FleetBusBuilder.ServeFrom(rabbit, Queues.OfRequest(typeof(ReadStream), service), context, new ReadStreamConsumer(store), Concurrency);
    });
}
