using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// The right to decide about a public key, one request at a time whatever the number of replicas: held from the look whether the key is in use until its use is recorded, so that of two
/// who ask at the same instant the second finds what the first did. A claim lapses, should its holder die.
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

    /// <summary>Gives the claim on <c>$1</c> back; for the transaction that records the key's use, or for <see cref="Release"/>.</summary>
    public const string ReleaseSql = "delete from fleet_key_claims where key_hash = $1";

    const string TakeSql = """
        insert into fleet_key_claims (key_hash, holder, until) values ($1, $2, now() + interval '10 seconds')
        on conflict (key_hash) do update set holder = excluded.holder, until = excluded.until
        where fleet_key_claims.until < now() or fleet_key_claims.holder = excluded.holder
        returning true
        """;

    /// <summary>Answers one row when the claim is the holder's now, else none. Look at the key in a later statement of the same batch: it sees what former holders recorded.</summary>
    /// <param name="keyHash">SHA-256 of the SubjectPublicKeyInfo.</param>
    /// <param name="holder">The same request again has the same.</param>
    public static NpgsqlBatchCommand Take(byte[] keyHash, string holder) => new(TakeSql)
    {
        Parameters = { new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = keyHash }, new() { NpgsqlDbType = NpgsqlDbType.Text, Value = holder } },
    };

    /// <summary>Takes a claim alone.</summary>
    /// <returns>False while somebody else has it.</returns>
    public static async Task<bool> TryTake(NpgsqlDataSource database, byte[] keyHash, string holder, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Take(keyHash, holder));
        return await batch.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>Gives a claim back without having recorded anything.</summary>
    public static async Task Release(NpgsqlDataSource database, byte[] keyHash, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(ReleaseSql);
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = keyHash });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
