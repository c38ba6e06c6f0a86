using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Certificates;
using Npgsql;

namespace FleetPlatform.Revocation.Lists;

/// <summary>
/// What stands on revocation lists, by issuer and serial number. An entry needs two facts, the revocation and the issuance, and they come on
/// different ways: each is stored first and then looks for the other, so that whichever comes second makes the entry.
/// </summary>
sealed class Entries(NpgsqlDataSource database)
{
    const string Upsert = """
        insert into fleet_entries (issuer_id, serial, shard, certificate_id, reason, revoked_at, not_after)
        select i.issuer_id, i.serial, i.shard, i.certificate_id, t.reason, t.since, i.not_after
        from fleet_trust t join fleet_issued i on i.certificate_id = t.certificate_id where t.certificate_id = any($1)
        on conflict (issuer_id, serial) do update set reason = excluded.reason, revoked_at = excluded.revoked_at, changed_at = clock_timestamp(), listed = false
        where fleet_entries.reason is distinct from excluded.reason
        """;

    /// <summary>Makes or changes the entries of certificates, as far as both facts are known.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> Update(IEnumerable<string> certificateIds, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Upsert);
        command.Parameters.Add(TrustTable.Texts(certificateIds.Order(StringComparer.Ordinal)));
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>Keeps the entries in step with the revocations, and wakes who cuts lists and who answers about single certificates.</summary>
sealed class KeepEntries(Entries entries, ListClock clock) : ISubscription
{
    public string Name => "revocation.entries";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(TrustChange)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var changed = batch.Select(recorded => recorded.StreamId.Key).Distinct(StringComparer.Ordinal).ToArray();
        if (await entries.Update(changed, cancellation) > 0) clock.Wake();
    }
}

/// <summary>Schema of what lists are made of and what they are stored as; filled from here, not projected.</summary>
sealed class ListTables : IInlineProjection
{
    public string Name => "lists";

    public IReadOnlyList<string> Tables => [];

    public string Schema => """
        create table if not exists fleet_entries (
            issuer_id text collate "C" not null,
            serial bytea not null,
            shard int not null,
            certificate_id text collate "C" not null,
            reason text null,
            revoked_at timestamptz not null,
            not_after timestamptz not null,
            changed_at timestamptz not null default clock_timestamp(),
            listed boolean not null default false,
            primary key (issuer_id, serial));
        create index if not exists fleet_entries_of_shard on fleet_entries (issuer_id, shard, serial);
        create index if not exists fleet_entries_changed on fleet_entries (issuer_id, shard, changed_at);
        create index if not exists fleet_entries_recent on fleet_entries (issuer_id, changed_at);
        create table if not exists fleet_list_parts (
            draft_id uuid not null,
            part int not null,
            octets bytea not null,
            created_at timestamptz not null default now(),
            primary key (draft_id, part));
        create table if not exists fleet_lists (
            list_id text collate "C" primary key,
            draft_id uuid not null,
            former_draft_id uuid null,
            parts int not null,
            number bigint not null,
            base_number bigint null,
            this_update timestamptz not null,
            next_update timestamptz not null,
            entries bigint not null,
            length bigint not null,
            algorithm text not null,
            signature bytea not null,
            seconds double precision not null);
        create index if not exists fleet_entries_unlisted on fleet_entries (issuer_id, shard) where not listed;
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
    }
}

/// <summary>Which list, of which authority.</summary>
/// <param name="IssuerId">The authority.</param>
/// <param name="Shard">A part of its certificates; null: all.</param>
/// <param name="IsDelta">The changes since the whole list.</param>
sealed record ListName(string IssuerId, int? Shard, bool IsDelta = false)
{
    /// <summary>As its URL ends and its row is named.</summary>
    public string Id => $"{IssuerId}/{(IsDelta ? "delta" : Shard is { } shard ? $"{shard}" : "full")}";

    /// <summary>A whole list and its delta share their numbers, and so their stream.</summary>
    public StreamId Stream => StreamId.Of("list", $"{IssuerId}-{(Shard is { } shard ? $"{shard}" : "full")}");

    /// <summary>The lists of an authority: those its certificates name, the whole one, and its changes.</summary>
    public static IEnumerable<ListName> Of(string issuerId, int shards) =>
        [.. Enumerable.Range(0, shards).Select(shard => new ListName(issuerId, shard)), new(issuerId, null), new(issuerId, null, IsDelta: true)];
}

/// <summary>RFC 5280's numbers.</summary>
static class ListReasons
{
    public const int RemoveFromList = 8;

    /// <summary>The number on a list; of a reinstated certificate, on a delta.</summary>
    public static int NumberOf(string? reason) => reason is null ? RemoveFromList : (int)Enum.Parse<RevocationReason>(reason);

    /// <summary>A serial number without leading zeroes, as DER has it.</summary>
    public static RevocationListEntry Entry(byte[] serial, DateTimeOffset revokedAt, string? reason) => new(serial, revokedAt, NumberOf(reason));
}
