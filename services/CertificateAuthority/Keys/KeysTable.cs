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

    const string Insert = $"with released as ({KeyClaims.ReleaseSql}) insert into fleet_keys (key_hash, certificate_id) values ($1, $2) on conflict do nothing";

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        // By name first: Data is parsed when asked for.
        if (e.Type == EventNames.CertificateSigned && e.Data is CertificateSigned signed)
            batch.Add(Insert, Octets(HashOf(signed.Certificate)), Text(signed.CertificateId));
        else if (e.Type == EventNames.KeyRegistered && e.Data is KeyRegistered registered)
            batch.Add(Insert, Octets(Convert.FromHexString(e.StreamId.Key)), Text(registered.CertificateId));
        else if (e.Type == EventNames.KeyBlocked)
            batch.Add("insert into fleet_blocked_keys (key_hash) values ($1) on conflict do nothing", Octets(Convert.FromHexString(e.StreamId.Key)));
    }

    /// <summary>SHA-256 of a certificate's public key.</summary>
    public static byte[] HashOf(ReadOnlyMemory<byte> der) => SHA256.HashData(CertificateText.Read(der).SubjectPublicKeyInfo.Span);

    public static NpgsqlParameter Octets(byte[] value) => new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = value };

    static NpgsqlParameter Text(string value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = value };
}
