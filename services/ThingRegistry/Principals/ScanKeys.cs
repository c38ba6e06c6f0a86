using FleetPlatform.Pki;
using Query = FleetPlatform.Contracts.ThingRegistry.ScanKeys;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Looks at the keys of all registered certificates again, a page at a time: after a new list of weak keys, or on suspicion.</summary>
sealed class ScanKeys(Registry registry, KeyExamination keys)
{
    const int MaximumLimit = 250;

    const string Select = """
        select certificate_id from fleet_principals where ($1 is null or certificate_id > $1) and status in ('Active', 'Inactive', 'PendingActivation')
        order by certificate_id limit $2
        """;

    public async Task<KeysScanned> Handle(Query query, CancellationToken cancellation)
    {
        var limit = Math.Clamp(query.Limit, 1, MaximumLimit);
        var ids = new List<string>(limit);
        await using (var command = registry.Database.CreateCommand(Select))
        {
            command.Parameters.Add(Listing.Text(query.After));
            command.Parameters.Add(new() { Value = limit });
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            while (await rows.ReadAsync(cancellation)) ids.Add(rows.GetString(0));
        }

        var found = await registry.Fetch<Principal, PrincipalEvent>([.. ids.Select(Registry.PrincipalStream)], cancellation);
        var readable = found.Where(stream => stream.Aggregate.CertificatePem is not null) // the authority's news may be on its way
            .Select(stream => (Id: stream.Id.Key, Text: CertificateText.ReadPem(stream.Aggregate.CertificatePem), stream.Aggregate)).ToArray();
        var refusals = await keys.Refuse([.. readable.Select(each => (each.Id, each.Text, each.Aggregate.Things))], registers: false, cancellation);
        return new()
        {
            Scanned = readable.Length,
            Findings =
            [
                .. readable.Zip(refusals).Where(pair => pair.Second is not null).Select(pair => new KeyFinding
                {
                    CertificateId = pair.First.Id, Code = pair.Second!.Code, Detail = pair.Second.Detail, ThingNames = [.. pair.First.Aggregate.Things.Select(thing => thing.ThingName)],
                }),
            ],
            Next = ids.Count == limit ? ids[^1] : null,
        };
    }
}

sealed class ScanKeysConsumer(ScanKeys scan) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) => await context.RespondAsync(await scan.Handle(context.Message, context.CancellationToken));
}
