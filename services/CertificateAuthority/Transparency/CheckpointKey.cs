using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Events.Subscriptions;
using FleetPlatform.Pki;
using Npgsql;

namespace FleetPlatform.CertificateAuthority.Transparency;

/// <summary>The key of the transparency log, made when it is first needed and used for nothing else. Replicas share its file.</summary>
sealed class CheckpointKey(IssuerKeyStores keys, NpgsqlDataSource database, TimeProvider clock) : IDisposable
{
    public const string Handle = "log/checkpoint-key.pem";

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
        await using var turn = await Leadership.Take(database, "fleet.checkpoint-key", cancellation);
        return File.Exists(keys.Files.PathOf(Handle)) ? keys.Files.Open(Handle) : keys.Files.Create(Handle, IssuerKeyType.EcdsaP256, clock.GetUtcNow());
    }
}
