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
    public const string Schema = """
        create unlogged table if not exists fleet_key_claims (
            key_hash bytea primary key,
            holder text not null,
            until timestamptz not null);
        """;

    /// <summary>Gives the claims on the keys of <c>used(key_hash)</c> back; for the transaction that records their use.</summary>
    public const string ReleaseUsedSql = "delete from fleet_key_claims c using used where c.key_hash = used.key_hash";

    /// <summary>How long a claim holds.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(10);

    // What is visibly another's is left alone: a conflict would lock its row, and the transaction that is about to release several of them would wait for that in a circle.
    static readonly string TakeSql = $"""
        with wanted as (select * from unnest($1, $2) w(key_hash, holder)),
        lapsed as (select c.key_hash, c.holder from fleet_key_claims c join wanted using (key_hash) where c.until < now() and c.holder <> wanted.holder),
        taken as (
            insert into fleet_key_claims (key_hash, holder, until)
            select key_hash, holder, now() + interval '{Lifetime.TotalSeconds} seconds' from wanted
            where not exists (select 1 from fleet_key_claims c where c.key_hash = wanted.key_hash and c.until >= now() and c.holder <> wanted.holder)
            order by key_hash
            on conflict (key_hash) do update set holder = excluded.holder, until = excluded.until
            where fleet_key_claims.until < now() or fleet_key_claims.holder = excluded.holder
            returning key_hash)
        select taken.key_hash, lapsed.holder from taken left join lapsed using (key_hash)
        """;

    /// <summary>
    /// Answers the hash of each key whose claim is its holder's now, and whose claim it was, if that has lapsed. Look at the keys in a later statement of the same batch: it sees what former
    /// holders recorded.
    /// </summary>
    /// <param name="keyHashes">SHA-256 of each SubjectPublicKeyInfo, each once.</param>
    /// <param name="holders">Who claims each; the same request again has the same.</param>
    public static NpgsqlBatchCommand Take(byte[][] keyHashes, string[] holders) => new(TakeSql)
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
