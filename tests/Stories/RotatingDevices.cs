using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Device;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>Devices that may rotate, and the operator's questions about them.</summary>
sealed class RotatingDevices(Platform platform)
{
    public const string Template = "rotation-story";

    /// <summary>Has a device rotate, as soon as the scheduler has heard of it.</summary>
    public Task Starts(string thing) => Eventually.Holds(async () => (await platform.Fleet.Run("rotation", "start", thing)).Succeeded());

    public async Task<RotationView> Latest(string thing)
    {
        var shown = await platform.Operator.Ask<ThingRotations>(HttpMethod.Get, $"/fleet/rotation/things/{thing}", CancellationToken.None);
        shown.Rotations.ShouldNotBeEmpty();
        return shown.Rotations[0];
    }

    public Task<CampaignDescription> Campaign(string name) =>
        platform.Operator.Ask<CampaignDescription>(HttpMethod.Get, $"/fleet/rotation/campaigns/{name}", CancellationToken.None);

    public async Task<IReadOnlyList<CampaignDescription>> Campaigns() => await SimulateRotation.Patiently(async () =>
        (await platform.Operator.Ask<Listed>(HttpMethod.Get, "/fleet/rotation/campaigns", CancellationToken.None)).Campaigns, CancellationToken.None);

    /// <summary>How many certificates of a template the scheduler has heard of.</summary>
    public async Task<long> Known(string template) => (await platform.Operator.Ask<RotationForecast>(
        HttpMethod.Get, "/fleet/rotation/forecast?by=template", CancellationToken.None)).Rows.Where(row => row.Key == template).Sum(row => row.Certificates);

    sealed record Listed(IReadOnlyList<CampaignDescription> Campaigns);

    /// <summary>A template whose devices may rotate, and a policy that does not keep a story waiting.</summary>
    public async Task Prepare(string template)
    {
        var controlPlane = platform.Operator;
        await controlPlane.CreatePolicy("rotation-device", ExamplePolicies.Device(controlPlane.Arns), CancellationToken.None);
        await controlPlane.CreateTemplate(template, ExamplePolicies.Template("rotation-device"), CancellationToken.None);
        await SetPolicy($"template/{template}", ("answerSeconds", 30));
    }

    /// <summary>Sets a renewal policy that retires old certificates at once.</summary>
    public Task SetPolicy(string scope, params (string Name, JsonNode Value)[] members) =>
        platform.Operator.Send(HttpMethod.Put, "/fleet/rotation/policies", new JsonObject(
        [
            new("scope", scope), new("overlapSeconds", 0), new("revokeAfterSeconds", 0), .. members.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)member.Value)),
        ]), CancellationToken.None);

    public async Task<(DeviceOptions Options, MemoryCredentialStore Store)> Make(string story, string template)
    {
        await Prepare(template);
        var claim = await platform.Claim(template);
        var options = Firmware(platform.NewSerial(story), template);
        var store = new MemoryCredentialStore(new(claim.CertificatePem, claim.PrivateKeyPem));
        await new ReferenceDevice(options, store).Provision();
        return (options, store);
    }

    public DeviceOptions Firmware(string serial, string template) =>
        SimulateCommand.Firmware(platform.Endpoints, PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256, template)(0) with
        {
            Parameters = new Dictionary<string, string> { ["SerialNumber"] = serial },
            ClaimClientId = serial,
        };

    public async Task<ProvisionedDevice> Provisioned(string story, string? template = null)
    {
        var (_, store) = await Make(story, template ?? Template);
        var credential = store.ReadDevice()!;
        return new(store.ReadIdentity()!.ThingName!, credential.CertificateId, credential.Open(), credential.PrivateKeyPem);
    }

    public async Task<OperatingDevice> Operating(string story, string? template = null)
    {
        var (options, store) = await Make(story, template ?? Template);
        var connected = new TaskCompletionSource();
        var device = new OperatingDevice(store, options, connected);
        await connected.Task.WaitAsync(Eventually.Patience);
        return device;
    }
}

/// <summary>The reference device, running.</summary>
sealed class OperatingDevice : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly Task _life;

    public OperatingDevice(MemoryCredentialStore store, DeviceOptions options, TaskCompletionSource connected)
    {
        Store = store;
        _life = Task.Run(() => new ReferenceDevice(options, store).Operate(_ => connected.TrySetResult(), _stop.Token));
    }

    public MemoryCredentialStore Store { get; }

    public string Thing => Store.ReadIdentity()!.ThingName!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _life.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }
}

static class Credentials
{
    /// <summary>For a TLS client.</summary>
    public static X509Certificate2 Open(this Credential credential)
    {
        using var key = KeyPair.FromPem(credential.PrivateKeyPem);
        return key.ToX509(credential.CertificatePem);
    }
}
