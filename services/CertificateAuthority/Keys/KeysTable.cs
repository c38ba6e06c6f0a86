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
    const string Insert = $"""
        with used as (select * from unnest($1::bytea[], $2::text[]) u (key_hash, certificate_id)), released as ({KeyClaims.ReleaseUsedSql})
        insert into fleet_keys (key_hash, certificate_id) select key_hash, certificate_id from used on conflict do nothing
        """;

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
            Use(batch, HashOf(signed.Certificate), signed.CertificateId);
        else if (e.Type == EventNames.KeyRegistered && e.Data is KeyRegistered registered)
            Use(batch, Convert.FromHexString(e.StreamId.Key), registered.CertificateId);
        else if (e.Type == EventNames.KeyBlocked)
            batch.Add("insert into fleet_blocked_keys (key_hash) values ($1) on conflict do nothing", Octets(Convert.FromHexString(e.StreamId.Key)));
    }

    static void Use(ProjectionBatch batch, byte[] keyHash, string certificateId) =>
        batch.AddRows(Insert, ProjectionColumn.Of(NpgsqlDbType.Bytea, keyHash), ProjectionColumn.Of(NpgsqlDbType.Text, certificateId));

    /// <summary>SHA-256 of a certificate's public key.</summary>
    public static byte[] HashOf(ReadOnlyMemory<byte> der) => SHA256.HashData(CertificateText.Read(der).SubjectPublicKeyInfo.Span);

    public static NpgsqlParameter Octets(byte[] value) => new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = value };
}
