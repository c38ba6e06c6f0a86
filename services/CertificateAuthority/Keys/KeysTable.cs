using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>Which certificates are on a key, and which keys are in other hands.</summary>
sealed class KeysTable : IInlineProjection
{
    public string Name => "keys";

    public IReadOnlyList<string> Tables { get; } = ["fleet_keys", "fleet_blocked_keys"];

    public string Schema => $"""
        create table if not exists fleet_keys (
            key_hash bytea not null,
            certificate_id text collate "C" not null,
            primary key (key_hash, certificate_id));
        create table if not exists fleet_blocked_keys (key_hash bytea primary key);
        {KeyClaims.Schema}
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        // By name first: Data is parsed when asked for.
        if (e.Type == EventNames.CertificateSigned && e.Data is CertificateSigned signed)
            batch.Add($"with released as ({KeyClaims.ReleaseSql}) insert into fleet_keys (key_hash, certificate_id) values ($1, $2)", Octets(HashOf(signed.Certificate)), Text(signed.CertificateId));
        else if (e.Type == EventNames.KeyBlocked)
            batch.Add("insert into fleet_blocked_keys (key_hash) values ($1) on conflict do nothing", Octets(Convert.FromHexString(e.StreamId.Key)));
    }

    /// <summary>SHA-256 of a certificate's public key.</summary>
    public static byte[] HashOf(ReadOnlyMemory<byte> der) => SHA256.HashData(CertificateText.Read(der).SubjectPublicKeyInfo.Span);

    public static NpgsqlParameter Octets(byte[] value) => new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = value };

    static NpgsqlParameter Text(string value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = value };
}

/// <summary>What is known of a key.</summary>
/// <param name="IsBlocked">A certificate on it was revoked with keyCompromise.</param>
/// <param name="Certificates">Certificates that the platform has signed on it; at most 8.</param>
sealed record KnownKey(bool IsBlocked, IReadOnlyList<string> Certificates)
{
    const int Maximum = 8;

    const string Select = """
        select '' from fleet_blocked_keys where key_hash = $1
        union all (select certificate_id from fleet_keys where key_hash = $1 limit $2)
        """;

    /// <param name="keyHash">SHA-256 of the SubjectPublicKeyInfo.</param>
    public static async Task<KnownKey> Find(NpgsqlDataSource database, byte[] keyHash, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Look(keyHash));
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        return await Read(rows, cancellation);
    }

    /// <summary>The same, claiming the key first.</summary>
    /// <param name="holder">Who claims it.</param>
    /// <returns>Whether the claim is the holder's, and what is known since.</returns>
    public static async Task<(bool IsClaimed, KnownKey Known)> Claim(NpgsqlDataSource database, byte[] keyHash, string holder, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(KeyClaims.Take(keyHash, holder));
        batch.BatchCommands.Add(Look(keyHash));
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        var isClaimed = await rows.ReadAsync(cancellation);
        await rows.NextResultAsync(cancellation);
        return (isClaimed, await Read(rows, cancellation));
    }

    static NpgsqlBatchCommand Look(byte[] keyHash) => new(Select) { Parameters = { KeysTable.Octets(keyHash), new() { Value = Maximum } } };

    static async Task<KnownKey> Read(NpgsqlDataReader rows, CancellationToken cancellation)
    {
        var (blocked, certificates) = (false, new List<string>());
        while (await rows.ReadAsync(cancellation))
        {
            var id = rows.GetString(0);
            if (id.Length == 0) blocked = true;
            else certificates.Add(id);
        }

        return new(blocked, certificates);
    }
}
