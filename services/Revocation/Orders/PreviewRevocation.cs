using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Gateways;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Npgsql;

namespace FleetPlatform.Revocation.Orders;

/// <summary>The blast radius of an order before it is placed: which certificates and things, how many live sessions. Records nothing.</summary>
sealed class PreviewRevocationConsumer(Selection selection, SessionCount sessions, NpgsqlDataSource database, RevocationOptions options)
    : IConsumer<PreviewRevocation>
{
    const int MaximumThings = 1_000;
    const int PageSize = 250;

    public async Task Consume(ConsumeContext<PreviewRevocation> context) =>
        await (PlaceRevocationOrder.Objection(context.Message.Selector) is { } objection
            ? context.RespondAsync(Reasons.InvalidRequest.ToRefused(objection))
            : context.RespondAsync(await Handle(context.Message.Selector, context.CancellationToken)));

    public async Task<RevocationPreview> Handle(CertificateSelector selector, CancellationToken cancellation)
    {
        var things = new HashSet<string>(StringComparer.Ordinal);
        var silent = new HashSet<string>(StringComparer.Ordinal);
        var (certificates, untrusted, live) = (0L, 0L, 0L);
        string? after = null;
        do
        {
            var page = await selection.Next(selector, after, PageSize, cancellation);
            after = page.Next;
            if (page.CertificateIds.Count == 0) continue;
            certificates += page.CertificateIds.Count;
            untrusted += await CountUntrusted(page.CertificateIds, cancellation);
            foreach (var thing in await selection.ThingsOf(page.CertificateIds, cancellation))
                if (things.Count < MaximumThings) things.Add(thing);
            var (count, missing) = await sessions.Ask(page.CertificateIds, cancellation);
            live += count;
            silent.UnionWith(missing);
        }
        while (after is not null && certificates < options.PreviewCertificates);

        return new()
        {
            Certificates = certificates, Untrusted = untrusted, Things = [.. things], LiveSessions = live, SilentGateways = [.. silent], Truncated = after is not null,
        };
    }

    async Task<long> CountUntrusted(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select count(*) from fleet_trust where certificate_id = any($1) and reason is not null");
        command.Parameters.Add(TrustTable.Texts(ids));
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
