using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Pki;
using Npgsql;

namespace FleetPlatform.CertificateAuthority.Transparency;

/// <summary>The key of the transparency log, made when it is first needed and used for nothing else. Replicas share its file.</summary>
sealed class CheckpointKey(IssuerKeyStores keys, NpgsqlDataSource database, TimeProvider clock) : IDisposable
{
    public const string Handle = "log/checkpoint-key.pem";

    const long Lock = 0x466C65657443686B; // "FleetChk"

    readonly SemaphoreSlim _gate = new(1);
    IIssuerKey? _key;

    /// <summary>The key, opened.</summary>
    public async Task<IIssuerKey> Open(CancellationToken cancellation)
    {
        if (_key is not null) return _key;
        await _gate.WaitAsync(cancellation);
        try
        {
            return _key ??= File.Exists(keys.Files.PathOf(Handle)) ? keys.Files.Open(Handle) : await Create(cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _key?.Dispose();
        _gate.Dispose();
    }

    // One replica makes it, the others wait and open what it made.
    async Task<IIssuerKey> Create(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction) { Parameters = { new() { Value = Lock } } };
        await take.ExecuteNonQueryAsync(cancellation);
        return File.Exists(keys.Files.PathOf(Handle)) ? keys.Files.Open(Handle) : keys.Files.Create(Handle, IssuerKeyType.EcdsaP256, clock.GetUtcNow());
    }
}
