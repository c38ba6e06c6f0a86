using System.Text.Encodings.Web;
using System.Text.Json;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>A device that was not imported.</summary>
sealed record ImportError(string Origin, string Serial, string Code, string Message);

/// <summary>
/// Registers a vendor's devices, many at a time. One that is registered stands in the manifest, and a run that was cut short goes on behind those; one that was refused is
/// told in <see cref="Errors"/> and tried again by the next run, with what the list says by then.
/// </summary>
sealed class RunImport(ControlPlaneClient controlPlane, ImportOrder order, Manifest manifest, TimeProvider clock)
{
    /// <summary>In the import's folder: a line for each device that this run did not register.</summary>
    public const string Errors = "errors.jsonl";

    const int DevicesAtOnce = 200;
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly RegisterItems _register = new(controlPlane, order.Registration.ImportOrder(order.Batch, order.RequireAuthority), clock);
    readonly List<ImportError> _errors = [];
    int _registered;

    /// <param name="parallel">Requests under way at once.</param>
    /// <param name="progress">Told after each request how many are registered, of those that were left.</param>
    public async Task<(int Registered, IReadOnlyList<ImportError> Errors)> Handle(
        IReadOnlyList<VendorDevice> devices, int parallel, Action<int> progress, CancellationToken cancellation)
    {
        foreach (var device in devices)
            if (FaultOf(device) is { } fault) _errors.Add(new(device.Origin, device.Serial, fault.Code, fault.Detail));
        var left = devices.Where(device => FaultOf(device) is null && !manifest.Done.ContainsKey(device.Serial)).ToArray();
        await Parallel.ForEachAsync(Portions.Of(left, LengthOf, DevicesAtOnce), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation }, async (some, stop) =>
        {
            await Register(some, stop);
            progress(Volatile.Read(ref _registered));
        });
        return (_registered, _errors);
    }

    public void WriteErrors(string folder) => File.WriteAllLines(Path.Combine(folder, Errors), _errors.Select(error => JsonSerializer.Serialize(error, Json)));

    Refused? FaultOf(VendorDevice device) => device.Fault
        ?? (manifest.Done.TryGetValue(device.Serial, out var done) && done != device.CertificateId
            ? VendorDevice.Refuse(Reasons.AlreadyProvisioned, $"It was imported before, with certificate {done}.")
            : null);

    // In base64 and with the device's other columns.
    static int LengthOf(VendorDevice device) => (device.Certificate.Length * 4 / 3) + 300 + device.Columns.Sum(column => column.Key.Length + column.Value.Length);

    async Task Register(IReadOnlyList<VendorDevice> devices, CancellationToken cancellation)
    {
        var answers = await _register.Handle(
            [.. devices.Select(device => order.Registration.Import(device.Serial, device.CertificateId, Pem.WriteCertificate(device.Certificate), device.Columns))], cancellation);
        lock (_errors)
        {
            manifest.Add(devices.Zip(answers).Where(pair => pair.Second.Code is null).Select(pair => new ManifestEntry(pair.First.Serial,
                pair.Second.ThingName ?? pair.First.Serial, pair.First.CertificateId, Manifest.KeyHash(CertificateText.Read(pair.First.Certificate).SubjectPublicKeyInfo.Span), clock.GetUtcNow())));
            foreach (var (device, answer) in devices.Zip(answers))
                if (answer.Code is { } code) _errors.Add(new(device.Origin, device.Serial, code, answer.Message ?? ""));
                else _registered++;
        }
    }
}
