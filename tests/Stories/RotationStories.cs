using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Device;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>A certificate is replaced, and no device is ever without one that works.</summary>
public sealed class RotationStories(Platform platform)
{
    readonly RotatingDevices _devices = new(platform);
    const string RotationTemplate = "fleet-rotation";
    static readonly string[] Services = ["rotation-scheduler", "mqtt-gateway", "certificate-authority", "template-engine", "thing-registry", "revocation"];

    [Fact]
    public async Task A_device_rotates_on_command_and_its_old_certificate_is_retired()
    {
        await using var device = await _devices.Operating("on-command");
        var old = device.Store.ReadDevice()!;

        await _devices.Starts(device.Thing);

        await Eventually.Holds(async () => (await _devices.Latest(device.Thing)).Phase.ShouldBe("completed"));
        var fresh = device.Store.ReadDevice()!;
        fresh.CertificateId.ShouldNotBe(old.CertificateId);
        (await _devices.Latest(device.Thing)).NewCertificateId.ShouldBe(fresh.CertificateId);
        await platform.RefusesToConnect(old.Open(), device.Thing);
        (await platform.Events($"principal-{old.CertificateId}")).ShouldContain("principal.revoked.v1");

        (await platform.Fleet.Run("rotation", "show", device.Thing)).Succeeded().Output.ShouldContain("completed");
        await Eventually.Holds(async () =>
        {
            // A service that is not back yet from an earlier story's outage is left out, and named on the other output.
            var why = (await platform.Fleet.Run("why", device.Thing)).Succeeded();
            foreach (var step in (string[])["device told to rotate", "new certificate registered by the device", "new certificate proven", "rotation completed"])
                why.Output.ShouldContain(step);
        });
        (await platform.Fleet.Run("rotation", "forecast", "--by", "template")).Succeeded().Output.ShouldContain(RotatingDevices.Template);
    }

    [Fact]
    public async Task A_device_with_nothing_but_an_sdk_rotates_by_the_ordinary_topics()
    {
        var device = await _devices.Provisioned("sdk");
        using var key = KeyPair.CreateEcdsaP256();
        await using var old = new Exchange(await platform.Connects(device));

        var created = await old.CreatesFromCsr(key.CreateSigningRequest(device.ThingName));
        var registered = await old.Registers(RotationTemplate, created["certificateOwnershipToken"]!.GetValue<string>());

        registered.Topic.ShouldEndWith("/accepted", Case.Sensitive, registered.Body.ToJsonString());
        registered.Body["thingName"]!.GetValue<string>().ShouldBe(device.ThingName);
        using var certificate = key.ToX509(created["certificatePem"]!.GetValue<string>());
        await using (var fresh = await platform.Connects(certificate, device.ThingName, ProtocolVersion.V311))
            await fresh.Publish($"devices/{device.ThingName}/telemetry", "21.5"u8.ToArray(), QoS.AtLeastOnce);
        await Eventually.Holds(async () => (await _devices.Latest(device.ThingName)).ShouldSatisfyAllConditions(
            rotation => rotation.Reason.ShouldBe("Device"), rotation => rotation.ProvenAt.ShouldNotBeNull()));
    }

    /// <summary>Peers 3.2 case 28: the pushed key is nowhere but in the device.</summary>
    [Fact]
    public async Task A_device_that_cannot_make_keys_is_sent_a_pair_where_the_policy_allows_it()
    {
        const string template = "rotation-pushed";
        var (options, store) = await _devices.Make("pushed", template);
        await _devices.SetPolicy($"template/{template}", ("pushKeys", true), ("answerSeconds", 30), ("backOffSeconds", 1));
        var old = store.ReadDevice()!;
        var connected = new TaskCompletionSource();
        await using var device = new OperatingDevice(store, options with { AcceptsPushedPairs = true }, connected);
        await connected.Task.WaitAsync(Eventually.Patience);

        await _devices.Starts(device.Thing);

        await Eventually.Holds(async () => (await _devices.Latest(device.Thing)).Phase.ShouldBe("completed"));
        var pushed = store.ReadDevice()!;
        pushed.CertificateId.ShouldNotBe(old.CertificateId);
        Canaries.FindInFiles(platform.Fleet.Directory, [Canaries.OfPrivateKey(pushed.PrivateKeyPem)]).ShouldBeEmpty();
        (await platform.Fleet.Run("why", device.Thing)).Succeeded().Output.ShouldContain("pair pushed");
    }

    /// <summary>Peers 3.2 case 10, and its relatives.</summary>
    [Fact]
    public async Task Only_the_current_certificate_of_a_thing_renews_it()
    {
        var (device, stranger) = (await _devices.Provisioned("own"), await _devices.Provisioned("stranger"));
        using var key = KeyPair.CreateEcdsaP256();

        await using (var other = new Exchange(await platform.Connects(stranger)))
        {
            var created = await other.CreatesFromCsr(key.CreateSigningRequest("x"));
            (await other.Registers(RotationTemplate, created["certificateOwnershipToken"]!.GetValue<string>(), ("ThingName", device.ThingName)))
                .ShouldBeRejected(403, "AccessDenied", "renewal-refused");

            // Its own key again, in a CSR.
            using var held = KeyPair.FromPem(stranger.PrivateKeyPem);
            (await other.Ask(Exchange.CreateFromCsr, new JsonObject { ["certificateSigningRequest"] = held.CreateSigningRequest("x") }.ToJsonString()))
                .ShouldBeRejected(400, "InvalidCsr", "key-reused");
        }

        await using (var claim = await platform.ConnectsWithClaim(platform.NewSerial("claim-renews"), Platform.OpenClaim))
        {
            using var another = KeyPair.CreateEcdsaP256();
            var created = await claim.CreatesFromCsr(another.CreateSigningRequest("x"));
            (await claim.Registers(RotationTemplate, created["certificateOwnershipToken"]!.GetValue<string>(), ("ThingName", device.ThingName)))
                .ShouldBeRejected(403, "AccessDenied", "renewal-refused");
        }

        await platform.Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);
        await platform.RefusesToConnect(device.Certificate, device.ThingName);
    }

    /// <summary>
    /// Ten of the devices have a fault, each another one; the scheduler is killed on the way, at instants of a seed, or with an even seed whichever service. See <see cref="Seeds"/> for
    /// the long version.
    /// </summary>
    [Fact]
    public async Task A_campaign_survives_a_killed_scheduler_and_ends_with_every_device_on_one_certificate_and_every_failure_explained()
    {
        foreach (var seed in Seeds.All(usual: 1)) await Survives(seed, Seeds.Devices(usual: 12));
    }

    async Task Survives(int seed, int devices)
    {
        var name = $"seed {seed}";
        var before = await Simulated();
        var simulation = platform.Fleet.Run("simulate", "--rotate", "--devices", $"{devices}", "--misbehave", $"{1_000 / devices}%", "--answer-seconds", "10");
        await Eventually.Is(async () => simulation.IsCompleted || (await Simulated()).Count > before.Count, name);
        var kills = await new Killer(platform, seed).Kill(
            seed % 2 == 0 ? Services : ["rotation-scheduler"], Math.Max(2, devices / 5), TimeSpan.FromSeconds(1), () => simulation.IsCompleted);

        var outcome = (await simulation).Succeeded();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {kills} kills, {devices} rotations");
        outcome.Output.ShouldContain($"{devices} of {devices} devices have exactly one certificate that works", Case.Sensitive, name);
        outcome.Output.ShouldContain("0 devices without a working certificate", Case.Sensitive, name);
        foreach (var fault in Enum.GetNames<Misbehaviour>()) outcome.Output.ShouldContain(fault, Case.Sensitive, name);
        (await Simulated()).ExceptBy(before.Select(campaign => campaign.CampaignId), campaign => campaign.CampaignId).ShouldHaveSingleItem(name).State.ShouldNotBe("running", name);
    }

    async Task<IReadOnlyList<CampaignDescription>> Simulated() =>
        [.. (await _devices.Campaigns()).Where(campaign => campaign.CampaignId.StartsWith("simulate-", StringComparison.Ordinal))];

    /// <summary>Peers 3.2 case 38, and then the devices: each leaves the old authority for the new one, although the bus goes away.</summary>
    [Fact]
    public async Task A_campaign_takes_the_devices_of_an_old_authority_over_to_the_new_one_and_survives_the_bus()
    {
        const string template = "rotation-roll-over";
        await using var first = await _devices.Operating("roll-over", template);
        await using var second = await _devices.Operating("roll-over", template);
        using var old = first.Store.ReadDevice()!.Open();
        await RollOver.To(platform, "Next Issuing CA", old);

        await Eventually.Holds(async () => (await _devices.Known(template)).ShouldBe(2));
        (await platform.Fleet.Run("rotation", "campaign", "create", "next-ca", "--issuer", await IssuerOf(first), "--template", template, "--canary", "50", "--wave", "100",
            "--overlap-seconds", "0", "--revoke-after-seconds", "0")).Succeeded();

        // In the middle of it: the canary was told, and what it asks for then nobody answers.
        await Eventually.Is(async () => (await _devices.Campaign("next-ca")).Pending < 2);
        var process = platform.Fleet.ProcessId("bus");
        platform.Fleet.Kill("bus");
        await platform.Fleet.IsBack("bus", process);

        await Eventually.Holds(async () => (await _devices.Campaign("next-ca")).ShouldSatisfyAllConditions(
            campaign => campaign.State.ShouldBe("completed"), campaign => campaign.Succeeded.ShouldBe(2)), TimeSpan.FromSeconds(120));
        foreach (var device in (OperatingDevice[])[first, second])
        {
            using var certificate = device.Store.ReadDevice()!.Open();
            certificate.Issuer.ShouldContain("Next Issuing CA");
        }

        await Eventually.Holds(() => platform.Operator.AssignSigning("issuing-1", [], CancellationToken.None)); // and back: the other stories know the first one
        await platform.HasRecovered();
        await Eventually.Holds(() => platform.RefusesToConnect(old, first.Thing));
    }

    async Task<string> IssuerOf(OperatingDevice device) => (await platform.Operator.Ask<ThingRotations>(
        HttpMethod.Get, $"/fleet/rotation/things/{device.Thing}", CancellationToken.None)).Certificates.ShouldHaveSingleItem().Issuer;
}
