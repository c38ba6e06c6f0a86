using System.Text;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>A private key that the platform made is nowhere once its owner has it.</summary>
public sealed class SecretStories(Platform platform)
{
    [Fact]
    public async Task A_private_key_that_the_platform_made_is_in_no_file_log_trace_table_or_queue()
    {
        using var rsa = await SecondGateway.Start(platform.Fleet, ("MqttGateway__GeneratedKeys", "Rsa2048"));
        Created[] devices = [await Provisions("json"), await Provisions("cbor"), await Provisions("json", rsa.Port), await Provisions("cbor", rsa.Port)];
        var (byHand, claim) = (await platform.Operator.CreateKeysAndCertificate(default), await platform.Operator.CreateProvisioningClaim(Platform.Template, default));
        await IsWrittenDown(devices, [byHand.CertificateId, claim.CertificateId]);

        Canaries[] secrets =
        [
            .. devices.Select(device => device.PrivateKey).Append(byHand.PrivateKeyPem).Append(claim.PrivateKeyPem).Select(Canaries.OfPrivateKey),
            .. devices.Select(device => Canaries.OfText(device.Token)),
        ];

        // The database's files hold the events, the broker's its queues; the logs are beside them.
        Canaries.FindInFiles(platform.Fleet.Directory, secrets).ShouldBeEmpty();
        Canaries.FindInFiles(rsa.Folder, secrets).ShouldBeEmpty();
        (await Canaries.FindInDatabases(Database, secrets)).ShouldBeEmpty();
        foreach (var export in platform.Telemetry.Exports) Canaries.AnyIn(export.Body, secrets).ShouldBeFalse(export.Signal);
        Canaries.AnyIn(Encoding.UTF8.GetBytes(platform.Fleet.Output), secrets).ShouldBeFalse();
    }

    string Database => platform.Fleet.EnvironmentOf("thing-registry")["ConnectionStrings__thing-registry-db"];

    // Everything about them has come to the places that are searched, and the search finds what is meant to be there.
    Task IsWrittenDown(Created[] devices, string[] registered) => Eventually.Holds(async () =>
    {
        foreach (var id in registered) (await platform.Events($"principal-{id}")).ShouldNotBeEmpty();
        var flows = new List<Canaries>();
        foreach (var device in devices)
        {
            var steps = await platform.Operator.FindFlowSteps(device.Thing, default);
            steps.ShouldContain(step => step.Service == "thing-registry" && step.Step == "thing registered");
            flows.Add(Canaries.OfText(steps.First(step => step.Step == "certificate issued").FlowId!));
        }

        foreach (var flow in flows) platform.Telemetry.Exports.Any(export => export.Signal == "traces" && Canaries.AnyIn(export.Body, [flow])).ShouldBeTrue();
        (await Canaries.FindInDatabases(Database, [Canaries.OfPublicKey(devices[0].Certificate)])).ShouldNotBeEmpty();
        Canaries.FindInFiles(platform.Fleet.Directory, [Canaries.OfText(devices[0].Thing)]).ShouldNotBeEmpty();
    });

    async Task<Created> Provisions(string format, int? port = null)
    {
        var serial = platform.NewSerial($"canary-{format}");
        await using var claim = await platform.ConnectsWithClaim(serial, port: port);
        var topic = $"$aws/certificates/create/{format}";
        var answer = format == "cbor" ? await claim.AskInCbor(topic, []) : await claim.Ask(topic, "");
        answer.Topic.ShouldBe($"{topic}/accepted", answer.Body.ToJsonString());
        var created = new Created(
            serial, Text("certificatePem"), Text("privateKey"), Text("certificateOwnershipToken"));
        using var key = KeyPair.FromPem(created.PrivateKey);
        key.IsRsa.ShouldBe(port is not null);
        (await claim.Registers(Platform.Template, created.Token, ("SerialNumber", serial))).Topic.ShouldEndWith("/accepted");
        return created;

        string Text(string member) => answer.Body[member]!.GetValue<string>();
    }

    sealed record Created(string Thing, string Certificate, string PrivateKey, string Token);
}
