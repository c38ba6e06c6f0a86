using System.Text;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>How far a batch came.</summary>
/// <param name="Refused">Serial number, code and message of each device that was refused in this run.</param>
sealed record BatchOutcome(int Registered, IReadOnlyList<RegisteredItem> Refused);

/// <summary>
/// Makes the keys of a batch here, has their certificates signed many at a time, and lays out each device's files. A key is on the disk before its
/// certificate is asked for, and a device is in the manifest after its files are on the disk: a run that was cut short anywhere goes on with what is there.
/// </summary>
sealed class RunBatch(ControlPlaneClient controlPlane, BatchOrder order, DeviceFormats formats, string folder, Manifest manifest, TimeProvider clock)
{
    readonly List<RegisteredItem> _refused = [];
    readonly PendingKeys _pending = PendingKeys.Open(folder);
    readonly RegisterItems _register = new(controlPlane, order.Registration.Order(order.Batch), clock);
    int _registered;

    // Of an RSA request less than half as many go into one body.
    int DevicesAtOnce => order.Key == KeyType.Rsa2048 ? 100 : 200;

    /// <param name="parallel">Requests under way at once.</param>
    /// <param name="progress">Told after each request how many are registered, of those that were left.</param>
    public async Task<BatchOutcome> Handle(int parallel, Action<int> progress, CancellationToken cancellation)
    {
        var left = order.Serials.Where(serial => !manifest.Done.ContainsKey(serial)).ToArray();
        await Parallel.ForEachAsync(left.Chunk(DevicesAtOnce), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation }, async (serials, stop) =>
        {
            await Register(serials, stop);
            progress(Volatile.Read(ref _registered));
        });
        _pending.ForgetAll();
        return new(_registered, _refused);
    }

    async Task Register(string[] serials, CancellationToken cancellation)
    {
        var keys = new KeyPair[serials.Length];
        try
        {
            var devices = serials.Select(FolderOf).ToArray();
            for (var i = 0; i < serials.Length; i++) keys[i] = _pending.Find(serials[i]) ?? devices[i].FindKey() ?? DeviceFolder.MakeKey(order.Key);
            var pems = keys.Select(key => key.PrivateKeyPem).ToArray();
            var kept = _pending.Keep(serials.Zip(pems, KeyValuePair.Create));
            var items = serials.Select((serial, i) => order.Registration.Item(serial, keys[i].CreateSigningRequest(serial))).ToArray();
            var answers = await _register.Handle(items, cancellation);

            var entries = new List<ManifestEntry>(serials.Length);
            for (var i = 0; i < serials.Length; i++)
            {
                devices[i].WriteSecret(DeviceFolder.PrivateKey, Encoding.ASCII.GetBytes(pems[i])); // also of one that was refused: it asks again with the same key
                if (answers[i].Code is null) entries.Add(Lay(devices[i], keys[i], pems[i], answers[i]));
            }

            manifest.Add(entries);
            PendingKeys.Forget(kept);
            Interlocked.Add(ref _registered, entries.Count);
            lock (_refused) _refused.AddRange(answers.Where(answer => answer.Code is not null));
        }
        finally
        {
            foreach (var key in keys) key?.Dispose();
        }
    }

    ManifestEntry Lay(DeviceFolder device, KeyPair key, string privateKey, RegisteredItem answer)
    {
        device.Write(DeviceFolder.Certificate, answer.CertificatePem!);
        formats.Write(device, answer.CertificatePem!, privateKey);
        return new(answer.Item, answer.ThingName ?? answer.Item, answer.CertificateId!, KeyHash(key), clock.GetUtcNow());
    }

    DeviceFolder FolderOf(string serial) => new(PathOf(folder, serial));

    public static string PathOf(string folder, string serial) => Path.Combine(folder, "devices", serial);

    public static string KeyHash(KeyPair key) => Manifest.KeyHash(key.SubjectPublicKeyInfo);
}
