using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// The right to decide about a public key, one request at a time whatever the number of replicas: held from the look whether the key is in use until its use is recorded, so that of two
/// who ask at the same instant the second finds what the first did. A claim lapses, should its holder die; one who only slept must find, before he records anything, that he lost it.
/// </summary>
public static class KeyClaims
{
    /// <summary>For the schema of the read table that says which keys are in use. Unlogged: what is under way ends with the server.</summary>
    public static string Schema => $"""
        create unlogged table if not exists fleet_key_claims (
            key_hash bytea primary key,
            holder text not null,
            until timestamptz not null);
        -- A plan that is made while nobody has a claim reads the table whole, and with it what a thousand claims a second have left there since it was last vacuumed.
        create or replace function fleet_take_keys(hashes bytea[], holders text[]) returns table (hash bytea, former text)
        language plpgsql set enable_seqscan = off as $$
        declare
            taken bytea[];
        begin
            -- As a rule nobody has a claim on any.
            with fresh as (
                insert into fleet_key_claims (key_hash, holder, until)
                select w.key_hash, w.holder, now() + {Until} from unnest(hashes, holders) w (key_hash, holder) order by w.key_hash
                on conflict do nothing returning key_hash)
            select coalesce(array_agg(key_hash), array[]::bytea[]) into taken from fresh;
            return query select unnest(taken), null::text;
            if cardinality(taken) = cardinality(hashes) then return; end if;

            -- What is visibly another's is left alone: a conflict would lock its row, and the transaction that is about to release several of them would wait for that in a circle.
            return query
            with held as materialized (select c.key_hash, c.holder, c.until from fleet_key_claims c where c.key_hash = any(hashes)),
            wanted as (select w.key_hash, w.holder from unnest(hashes, holders) w (key_hash, holder) where w.key_hash <> all(taken)),
            won as (
                insert into fleet_key_claims as c (key_hash, holder, until)
                select w.key_hash, w.holder, now() + {Until} from wanted w
                where not exists (select 1 from held h where h.key_hash = w.key_hash and h.until >= now() and h.holder <> w.holder)
                order by w.key_hash
                on conflict (key_hash) do update set holder = excluded.holder, until = excluded.until
                where c.until < now() or c.holder = excluded.holder
                returning c.key_hash, c.holder)
            select won.key_hash, held.holder from won left join held on held.key_hash = won.key_hash and held.holder <> won.holder;
        end $$;
        """;

    /// <summary>Gives the claims on the keys of <c>used(key_hash)</c> back; for the transaction that records their use.</summary>
    public const string ReleaseUsedSql = "delete from fleet_key_claims c using used where c.key_hash = used.key_hash";

    static string Until => $"interval '{Lifetime.TotalSeconds} seconds'";

    /// <summary>How long a claim holds.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Answers the hash of each key whose claim is its holder's now, and whose claim it was, if that has lapsed. Look at the keys in a later statement of the same batch: it sees what former
    /// holders recorded.
    /// </summary>
    /// <param name="keyHashes">SHA-256 of each SubjectPublicKeyInfo, each once.</param>
    /// <param name="holders">Who claims each; the same request again has the same.</param>
    public static NpgsqlBatchCommand Take(byte[][] keyHashes, string[] holders) => new("select hash, former from fleet_take_keys($1, $2)")
    {
        Parameters = { new NpgsqlParameter<byte[][]> { TypedValue = keyHashes }, new NpgsqlParameter<string[]> { TypedValue = holders } },
    };

    /// <summary>Takes a claim alone.</summary>
    /// <returns>False while somebody else has it.</returns>
    public static async Task<bool> TryTake(NpgsqlDataSource database, byte[] keyHash, string holder, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Take([keyHash], [holder]));
        return await batch.ExecuteScalarAsync(cancellation) is not null;
    }

    /// <summary>Gives a claim back without having recorded anything. One that has become another's stays.</summary>
    public static async Task Release(NpgsqlDataSource database, byte[] keyHash, string holder, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("delete from fleet_key_claims where key_hash = $1 and holder = $2");
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = keyHash });
        command.Parameters.Add(new() { Value = holder });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Who has claims on keys, lapsed ones included.</summary>
    /// <param name="keyHashes">SHA-256 of each SubjectPublicKeyInfo.</param>
    public static async Task<IReadOnlyList<string>> FindHolders(NpgsqlDataSource database, byte[][] keyHashes, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select holder from fleet_key_claims where key_hash = any($1)");
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = keyHashes });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        var holders = new List<string>();
        while (await row.ReadAsync(cancellation)) holders.Add(row.GetString(0));
        return holders;
    }
}
