using Query = FleetPlatform.Contracts.ThingRegistry.DescribeCertificate;

namespace FleetPlatform.ThingRegistry.Principals;

sealed class DescribeCertificateConsumer(Registry registry) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var principal = await registry.ReadPrincipal(context.Message.CertificateId, context.CancellationToken);
        if (principal.Exists) await context.RespondAsync(principal.Describe(context.Message.CertificateId));
        else await context.Refuse(Principal.Missing(context.Message.CertificateId));
    }
}
