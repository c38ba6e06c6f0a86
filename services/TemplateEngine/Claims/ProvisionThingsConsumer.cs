using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.TemplateEngine.Claims;

sealed class ProvisionThingsConsumer(ProvisionThing provisioning) : IConsumer<ProvisionThings>
{
    public Task Consume(ConsumeContext<ProvisionThings> context) =>
        context.AnswerEach<Contracts.TemplateEngine.ProvisionThing, ProvisionThingAnswer, ProvisionThingsAnswer>(
            item => provisioning.Handle(item, mayCallHook: false, context.CancellationToken), refused => new ProvisionThingAnswer { Refused = refused });
}

/// <summary>One device alone, because its template has a hook: nobody else waits for it.</summary>
sealed class ProvisionHookedThingConsumer(ProvisionThing provisioning) : IConsumer<ProvisionHookedThing>
{
    public async Task Consume(ConsumeContext<ProvisionHookedThing> context) => await context.RespondAsync(new HookedThingProvisioned
    {
        Answer = await provisioning.Handle(context.Message.Item, mayCallHook: true, context.CancellationToken),
    });
}
