using FleetPlatform.Contracts.Revocation;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>What is not trusted, kept across restarts, so that it holds even while the revocation service is away. Replicas share it.</summary>
sealed class UntrustedTable(NpgsqlDataSource database)
{
    const string Schema = """
        do $$ begin
            if to_regclass('fleet_untrusted_position') is null then
                perform pg_advisory_xact_lock(5073120436118053236);
                create table if not exists fleet_untrusted (certificate_id text collate "C" primary key, version bigint not null, reason int null, at timestamptz not null);
                create table if not exists fleet_untrusted_position (id int primary key, position bigint not null);
            end if;
        end $$
        """;

    const string Upsert = """
        insert into fleet_untrusted (certificate_id, version, reason, at) select * from unnest($1::text[], $2::bigint[], $3::int[], $4::timestamptz[])
        on conflict (certificate_id) do update set version = excluded.version, reason = excluded.reason, at = excluded.at
        where fleet_untrusted.version < excluded.version
        """;

    const string Advance = """
        insert into fleet_untrusted_position (id, position) values (1, $1)
        on conflict (id) do update set position = greatest(fleet_untrusted_position.position, excluded.position)
        """;

    /// <summary>Reads everything kept.</summary>
    /// <returns>How far the revocation service's changes had been read; null when they never were.</returns>
    public async Task<long?> Load(Action<CertificateTrustChange> learn, CancellationToken cancellation)
    {
        await using (var create = database.CreateCommand(Schema)) await create.ExecuteNonQueryAsync(cancellation);

        // The position first: what another replica adds meanwhile is read again, not missed.
        await using var position = database.CreateCommand("select position from fleet_untrusted_position where id = 1");
        var read = await position.ExecuteScalarAsync(cancellation) as long?;
        await using var select = database.CreateCommand("select certificate_id, version, reason, at from fleet_untrusted");
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            learn(new()
            {
                CertificateId = rows.GetString(0),
                Version = rows.GetInt64(1),
                Reason = rows.IsDBNull(2) ? null : (RevocationReason)rows.GetInt32(2),
                At = rows.GetFieldValue<DateTimeOffset>(3),
            });
        return read;
    }

    /// <summary>Keeps changes; with a position, everything before it counts as read.</summary>
    public async Task Save(IReadOnlyList<CertificateTrustChange> changes, long? position, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection); // one transaction
        var items = changes.GroupBy(change => change.CertificateId, StringComparer.Ordinal)
            .Select(each => each.MaxBy(change => change.Version)!).OrderBy(change => change.CertificateId, StringComparer.Ordinal).ToArray();
        if (items.Length > 0)
            batch.BatchCommands.Add(new(Upsert)
            {
                Parameters =
                {
                    Array(NpgsqlDbType.Text, items.Select(item => item.CertificateId)),
                    Array(NpgsqlDbType.Bigint, items.Select(item => item.Version)),
                    Array(NpgsqlDbType.Integer, items.Select(item => (int?)item.Reason)),
                    Array(NpgsqlDbType.TimestampTz, items.Select(item => item.At.UtcDateTime)),
                },
            });
        if (position is { } reached) batch.BatchCommands.Add(new(Advance) { Parameters = { new() { Value = reached } } });
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(cancellation);
    }

    static NpgsqlParameter Array<T>(NpgsqlDbType type, IEnumerable<T> values) => new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values.ToArray() };
}
