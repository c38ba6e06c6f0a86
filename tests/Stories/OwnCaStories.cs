using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Mqtt;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>Devices that bring certificates of somebody else's CA.</summary>
public sealed class OwnCaStories(Platform platform)
{
    static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task The_aws_sdk_registers_cas_and_their_certificates()
    {
        var (accessKeyId, secretAccessKey) = platform.Endpoints.ReadCredentials();
        var outcome = await Command.Run("node", ["own-ca.mjs"], directory: Path.Combine(Repository.Root, "tests", "clients"), environment: new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL_IOT"] = platform.Endpoints.ControlPlane.ToString(),
            ["AWS_REGION"] = platform.Endpoints.Region,
            ["AWS_ACCESS_KEY_ID"] = accessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = secretAccessKey,
        });
        outcome.Succeeded();
    }

    [Fact]
    public async Task A_device_of_an_own_ca_registers_itself_waits_and_is_activated() // JITR
    {
        using var ca = new OwnCa("jitr");
        var caId = await Trusts(ca);
        await using var backend = await platform.Connects(await ABackend(), "jitr-backend", ProtocolVersion.V500);
        await backend.Subscribe($"$aws/events/certificates/registered/{caId}", QoS.AtLeastOnce);
        var device = ca.Signs(platform.NewSerial("jitr"));

        await IsDropped(device);

        using var patience = new CancellationTokenSource(Eventually.Patience);
        var told = await backend.Incoming.ReadAsync(patience.Token);
        var certificateId = JsonNode.Parse(told.Payload.Span)!["certificateId"]!.GetValue<string>();
        certificateId.ShouldBe(Pki.CertificateId.Of(device.RawData));
        (await platform.Operator.ListCertificatesByCa(caId, None)).ShouldBe([(certificateId, "PENDING_ACTIVATION")]);

        await platform.Operator.CreatePolicy("jitr-device", Policy("iot:Connect", "*"), None);
        await platform.Operator.AttachPolicy("jitr-device", platform.Operator.Arns.Of($"cert/{certificateId}"), None);
        await platform.Operator.UpdateCertificate(certificateId, "ACTIVE", None);
        await Eventually.Holds(async () =>
        {
            await using var connection = await platform.Connects(device, "jitr-device", ProtocolVersion.V311);
        });
        await platform.ExplainsWith(certificateId, "certificate-pending");
    }

    [Fact]
    public async Task A_device_of_an_own_ca_is_provisioned_by_its_template() // JITP
    {
        using var ca = new OwnCa("jitp");
        await platform.Operator.CreateTemplate("stories-jitp", JitpTemplate, None, type: "JITP");
        var caId = await Trusts(ca, "stories-jitp");
        var serial = platform.NewSerial("jitp");
        var device = ca.Signs(serial);

        await IsDropped(device);
        await using var connection = await platform.Connects(device, serial, ProtocolVersion.V311);

        await connection.Publish($"devices/{serial}/hello", "1"u8.ToArray(), QoS.AtLeastOnce);
        (await platform.Events($"thing-{serial}")).ShouldContain("thing.registered.v1");
        (await platform.Operator.ListCertificatesByCa(caId, None)).Single().Status.ShouldBe("ACTIVE");

        // The CA's key is stolen: what came under it is closed at once, and does not come back.
        await platform.Operator.UpdateCaCertificate(caId, "INACTIVE", None);
        (await platform.Fleet.Run("revoke", "--issuer", caId, "--reason", "keyCompromise")).Succeeded().Output.ShouldContain("revoked 1 of 1 certificates");
        await connection.Closed.WaitAsync(Eventually.Patience);
        await platform.RefusesToConnect(device, serial);
        await Eventually.Holds(() => platform.RefusesToConnect(ca.Signs(platform.NewSerial("late"))));
    }

    [Fact]
    public async Task Under_an_uploaded_root_devices_behind_an_intermediate_are_admitted_at_their_first_connection()
    {
        using var root = new OwnCa("plant root");
        using var line = root.Below("line 1");
        await platform.Operator.CreateTemplate("stories-admit", JitpTemplate, None, type: "JITP");
        var id = await platform.Operator.RegisterCaCertificate(root.Pem, verification: null, "stories-admit", None);
        await platform.Operator.UpdateFirstConnection(id, admit: true, None);
        var serial = platform.NewSerial("chain");
        var device = line.Signs(serial);

        await Eventually.Holds(async () =>
        {
            await using var connection = await platform.Connects(device, serial, ProtocolVersion.V500, [line.Certificate]);
            connection.ConnAck.Reason.ShouldBe(ReasonCode.Success);
        });
        await platform.RefusesToConnect(new OwnCa("somebody else").Signs(serial));
    }

    const string JitpTemplate = """
        {"Parameters":{"AWS::IoT::Certificate::CommonName":{"Type":"String"},"AWS::IoT::Certificate::Id":{"Type":"String"}},
        "Resources":{"thing":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":{"Ref":"AWS::IoT::Certificate::CommonName"}}},
        "certificate":{"Type":"AWS::IoT::Certificate","Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"ACTIVE"}},
        "policy":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"stories-device"}}}}
        """;

    static string Policy(string action, string resource) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"{{action}}","Resource":"{{resource}}"}]}""";

    async Task<string> Trusts(OwnCa ca, string? template = null) => await platform.Operator.RegisterCaCertificate(
        ca.Pem, TrustCommand.Prove(ca.Pem, ca.KeyPem, await platform.Operator.GetRegistrationCode(None)), template, None);

    // Closed without CONNACK, as on AWS. Until the gateway has heard of the CA the certificate is simply unknown.
    async Task IsDropped(X509Certificate2 device) => await Eventually.Holds(async () =>
        (await Should.ThrowAsync<Exception>(platform.Connects(device, "dropped", ProtocolVersion.V500))).ShouldNotBeOfType<MqttConnectException>());

    async Task<X509Certificate2> ABackend()
    {
        await platform.Operator.CreatePolicy("jitr-backend", Policy("iot:*", "*"), None);
        var backend = await platform.Operator.CreateKeysAndCertificate(None);
        await platform.Operator.AttachPolicy("jitr-backend", backend.Arn, None);
        using var key = Pki.KeyPair.FromPem(backend.PrivateKeyPem);
        return key.ToX509(backend.CertificatePem);
    }
}
