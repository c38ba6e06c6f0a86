using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Device;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>A device was away until its certificate had expired.</summary>
public sealed class RenewalGraceStories(Platform platform)
{
    const string Group = "rotation-grace";
    static readonly TimeSpan Life = TimeSpan.FromSeconds(4);
    readonly RotatingDevices _devices = new(platform);

    /// <summary>Peers 3.2 case 10: with the expired certificate it renews, and does nothing else.</summary>
    [Fact]
    public async Task A_device_whose_certificate_has_expired_renews_it_in_the_grace_that_the_policy_gives()
    {
        await _devices.Prepare(RotatingDevices.Template);
        var (thing, expiring) = await ShortLived();
        await Eventually.Is(() => expiring.NotAfter < TimeProvider.System.GetUtcNow());
        using var certificate = expiring.Open();
        await platform.RefusesToConnect(certificate, thing);
        await platform.ExplainsWith(thing, "certificate-expired");

        await _devices.SetPolicy($"group/{Group}", ("graceDays", 30));
        (await platform.Fleet.Run("rotation", "show", thing)).Succeeded().Output.ShouldContain("expired; may renew, and nothing else, until");
        var store = new MemoryCredentialStore();
        store.StoreDevice(expiring);
        store.StoreIdentity(new() { CertificateId = expiring.CertificateId, ThingName = thing });
        await using var device = new OperatingDevice(store, _devices.Firmware(thing, RotatingDevices.Template), new());

        await Eventually.Holds(async () => (await _devices.Latest(thing)).ShouldSatisfyAllConditions(
            rotation => rotation.Phase.ShouldBe("completed"), rotation => rotation.ExpiredAt.ShouldNotBeNull(),
            rotation => rotation.NewCertificateId.ShouldBe(store.ReadDevice()!.CertificateId)));
        (await platform.Fleet.Run("rotation", "show", thing)).Succeeded().Output.ShouldContain("after the old one had expired");
        (await platform.Fleet.Run("why", thing)).Succeeded().Output.ShouldContain("let in to renew, and nothing else");
        await platform.RefusesToConnect(certificate, thing);
    }

    // The platform signs nothing this short: a certificate made elsewhere, registered before it ends, and given to a thing.
    async Task<(string Thing, Credential Credential)> ShortLived()
    {
        var (thing, controlPlane) = (platform.NewSerial("grace"), platform.Operator);
        await controlPlane.Send(HttpMethod.Post, $"/things/{thing}", null, CancellationToken.None);
        await controlPlane.CreateThingGroup(Group, CancellationToken.None);
        await controlPlane.Send(HttpMethod.Put, "/thing-groups/addThingToThingGroup", new JsonObject { ["thingGroupName"] = Group, ["thingName"] = thing }, CancellationToken.None);
        var credential = await Registers(thing);
        var arn = controlPlane.Arns.Of($"cert/{credential.CertificateId}");
        await controlPlane.AttachThingPrincipal(thing, arn, CancellationToken.None);
        await controlPlane.AttachPolicy("rotation-device", arn, CancellationToken.None);
        return (thing, credential);
    }

    async Task<Credential> Registers(string name)
    {
        while (true)
        {
            try
            {
                var credential = SelfSigned(name);
                await platform.Operator.RegisterCertificateWithoutCa(credential.CertificatePem, CancellationToken.None);
                return credential;
            }
            catch (RequestRefusedException late) when (late.Message.Contains("expired", StringComparison.Ordinal))
            {
                // The machine is that slow: another one.
            }
        }
    }

    static Credential SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-90), now + Life);
        return new(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
