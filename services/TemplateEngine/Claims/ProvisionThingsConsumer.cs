using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.TemplateEngine.Claims;

sealed class ProvisionThingsConsumer(ProvisionThing provisioning) : IConsumer<ProvisionThings>
{
    public Task Consume(ConsumeContext<ProvisionThings> context) =>
        context.AnswerEach<Contracts.TemplateEngine.ProvisionThing, ProvisionThingAnswer, ProvisionThingsAnswer>(
            item => provisioning.Handle(item, context.CancellationToken), refused => new ProvisionThingAnswer { Refused = refused });
}
