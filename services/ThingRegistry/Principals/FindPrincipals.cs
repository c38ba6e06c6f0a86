using Query = FleetPlatform.Contracts.ThingRegistry.FindPrincipals;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Grants for connections that have just begun: the whole batch in one statement.</summary>
sealed class FindPrincipalsConsumer(Registry registry, Grants grants) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var items = context.Message.Items;
        var found = await grants.Find(registry.Database, [.. items.Select(item => item.CertificateId)], context.CancellationToken);
        await context.RespondAsync(new FindPrincipalsAnswer
        {
            Items = [.. items.Select(item => new FindPrincipalAnswer { Grant = found.GetValueOrDefault(item.CertificateId) })],
        });
    }
}
