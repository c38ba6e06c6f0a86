using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Opens the authorities at start and after every change, and hands out the root certificates.</summary>
sealed class OpenIssuers(CreateIssuers create, EventStore store, IssuerKeyStores keys, IssuerRing ring, CertificateAuthorityOptions options) : IHostedService
{
    readonly SemaphoreSlim _gate = new(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await create.Run(cancellationToken);
        await Reopen(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes over what is recorded now.</summary>
    public async Task Reopen(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            var issuers = await ReadAll(store, cancellation);
            var signing = await store.AggregateStreamAsync<Signing, SigningEvent>(Signing.Stream, cancellation);
            ring.Open([.. issuers.Select(issuer => issuer.Issuer)], signing, keys);
            var lists = await store.FetchAsync<RootList, RootListEvent>([.. ring.Roots.Select(root => RootList.StreamOf(CertificateId.Of(root)))], cancellation);
            ring.Take([.. lists.Select(list => list.Aggregate.Installed).OfType<RootListInstalled>()]);
            await WriteRoots(Path.Combine(options.DataDirectory, "root-ca.pem"), ring.RootsPem, cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Every authority that is recorded: their ids are counted, so all are asked for at once.</summary>
    public static async Task<IReadOnlyList<(string Id, Issuer Issuer)>> ReadAll(EventStore store, CancellationToken cancellation)
    {
        string[] ids = [Issuer.RootId, .. Enumerable.Range(1, Issuer.MaximumIssuers).Select(Issuer.IdOf)];
        var found = await store.FetchAsync<Issuer, IssuerEvent>([.. ids.Select(Issuer.StreamOf)], cancellation);
        return [.. found.Where(stream => stream.Aggregate.Exists).Select(stream => (stream.Id.Key, stream.Aggregate))];
    }

    // For devices, tools and people: readable by all, and never half written.
    static async Task WriteRoots(string path, string pem, CancellationToken cancellation)
    {
        if (File.Exists(path) && await File.ReadAllTextAsync(path, cancellation) == pem) return;
        var temporary = $"{path}.{Environment.ProcessId}.new";
        await File.WriteAllTextAsync(temporary, pem, cancellation);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>Another replica, or this one, has installed an authority or given it work.</summary>
sealed class IssuersChangedConsumer(OpenIssuers open) : IConsumer<IssuersChanged>
{
    public Task Consume(ConsumeContext<IssuersChanged> context) => open.Reopen(context.CancellationToken);
}
