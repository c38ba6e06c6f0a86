using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Events.Subscriptions;
using FleetPlatform.Pki;
using Npgsql;

namespace FleetPlatform.CertificateAuthority.Transparency;

/// <summary>A key that signs one kind of notes and nothing else, made when it is first needed. Replicas share its file.</summary>
abstract class NoteKey(string handle, IssuerKeyStores keys, NpgsqlDataSource database, TimeProvider clock) : IDisposable
{
    readonly SemaphoreSlim _gate = new(1);
    IIssuerKey? _key;

    /// <summary>The key, opened.</summary>
    public async Task<IIssuerKey> Open(CancellationToken cancellation)
    {
        if (_key is not null) return _key;
        await _gate.WaitAsync(cancellation);
        try
        {
            return _key ??= File.Exists(keys.Files.PathOf(handle)) ? keys.Files.Open(handle) : await Create(cancellation);
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
        await using var turn = await Leadership.Take(database, $"fleet.note-key.{handle}", cancellation);
        return File.Exists(keys.Files.PathOf(handle)) ? keys.Files.Open(handle) : keys.Files.Create(handle, IssuerKeyType.EcdsaP256, clock.GetUtcNow());
    }
}

/// <summary>The key of the transparency log.</summary>
sealed class CheckpointKey(IssuerKeyStores keys, NpgsqlDataSource database, TimeProvider clock) : NoteKey("log/checkpoint-key.pem", keys, database, clock);

/// <summary>The key of the ends of the stores' hash chains. Another one, so that who may have a log signed under any name has no chain signed with it.</summary>
sealed class WitnessKey(IssuerKeyStores keys, NpgsqlDataSource database, TimeProvider clock) : NoteKey("log/witness-key.pem", keys, database, clock);
