using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>What a device is told when something is wrong, and that the recorded flow says the same.</summary>
public sealed class RefusalStories(Platform platform)
{
    [Fact]
    public async Task A_template_that_does_not_exist()
    {
        var serial = platform.NewSerial("no-template");
        await using var claim = await platform.ConnectsWithClaim(serial, Platform.OpenClaim);
        var created = await claim.CreatesFromCsr(NewCsr(serial));

        var answer = await claim.Registers("no-such-template", created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", serial));

        answer.ShouldBeRejected(404, "TemplateNotFound", "template-not-found");
        await platform.ExplainsWith(serial, "template-not-found");
    }

    [Fact]
    public async Task A_template_that_is_disabled()
    {
        var serial = platform.NewSerial("disabled");
        await platform.CreatesTemplate("disabled-template", enabled: false);
        await using var claim = await platform.ConnectsWithClaim(serial, Platform.OpenClaim);
        var created = await claim.CreatesFromCsr(NewCsr(serial));

        var answer = await claim.Registers("disabled-template", created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", serial));

        answer.ShouldBeRejected(404, "TemplateNotFound", "template-disabled");
        await platform.ExplainsWith(serial, "template-disabled");
    }

    /// <summary>The serial number came with the refused request: the device is found by it, whatever it calls itself on the wire.</summary>
    [Fact]
    public async Task A_refused_device_is_found_by_its_serial_number_though_its_client_id_is_a_random_one()
    {
        var serial = platform.NewSerial("anonymous");
        await platform.CreatesTemplate("disabled-template", enabled: false);
        await using var claim = await platform.ConnectsWithClaim(Guid.NewGuid().ToString(), Platform.OpenClaim);
        var created = await claim.CreatesFromCsr(NewCsr("factory-fresh"));

        var answer = await claim.Registers("disabled-template", created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", serial));

        answer.ShouldBeRejected(404, "TemplateNotFound", "template-disabled");
        await platform.ExplainsWith(serial, "template-disabled");
        await platform.ExplainsWith(created["certificateId"]!.GetValue<string>(), "template-disabled");
    }

    [Fact]
    public async Task A_missing_parameter_is_named_and_the_token_stays_usable()
    {
        var serial = platform.NewSerial("missing-parameter");
        await using var claim = await platform.ConnectsWithClaim(serial);
        var created = await claim.CreatesFromCsr(NewCsr(serial));
        var token = created["certificateOwnershipToken"]!.GetValue<string>();

        var refused = await claim.Registers(Platform.Template, token, ("Serial", serial));
        refused.ShouldBeRejected(400, "InvalidParameters", "unresolved-reference");
        refused.Body["errorMessage"]!.GetValue<string>().ShouldContain("SerialNumber");
        await platform.ExplainsWith(serial, "unresolved-reference");

        var accepted = await claim.Registers(Platform.Template, token, ("SerialNumber", serial), ("Extra", "is ignored"));
        accepted.Body["thingName"]!.GetValue<string>().ShouldBe(serial);
    }

    public static TheoryData<string, string, string> Requests => new()
    {
        { "not a request", "InvalidCsr", "invalid-csr" },
        { new string('A', 5000), "InvalidCsr", "csr-too-large" },
        { WeakCsr(), "InvalidCsr", "weak-key" },
    };

    [Theory]
    [MemberData(nameof(Requests), DisableDiscoveryEnumeration = true)]
    public async Task A_signing_request_that_cannot_be_signed(string csr, string errorCode, string reason)
    {
        var serial = platform.NewSerial($"csr-{reason}");
        await using var claim = await platform.ConnectsWithClaim(serial);

        var answer = await claim.Ask(Exchange.CreateFromCsr, Exchange.Request(csr));

        answer.ShouldBeRejected(400, errorCode, reason);
        await platform.ExplainsWith(serial, reason);
    }

    public static TheoryData<string, string> Payloads => new()
    {
        { "this is not JSON", "invalid-payload" },
        { "{\"bomb\":" + new string('[', 5000) + new string(']', 5000) + "}", "payload-too-deep" },
        { "{\"certificateOwnershipToken\":\"t\",\"parameters\":{\"SerialNumber\":5}}", "invalid-parameters" },
    };

    [Theory]
    [MemberData(nameof(Payloads), DisableDiscoveryEnumeration = true)]
    public async Task A_payload_that_cannot_be_read(string payload, string reason)
    {
        var serial = platform.NewSerial(reason);
        await using var claim = await platform.ConnectsWithClaim(serial);

        var answer = await claim.Ask(Exchange.Provision(Platform.Template), payload);

        answer.ShouldBeRejected(400, reason);
        await platform.ExplainsWith(serial, reason);
    }

    static readonly byte[] ArraysInArrays = [0xA1, 0x61, (byte)'b', .. Enumerable.Repeat((byte)0x81, 5000), 0x00];
    static readonly byte[] EndlessArray = [0xA1, 0x61, (byte)'b', 0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]; // 2^63 - 1 items, it says

    public static TheoryData<byte[], string> CborPayloads => new()
    {
        { "this is not CBOR"u8.ToArray(), "invalid-payload" },
        { ArraysInArrays, "payload-too-deep" },
        { EndlessArray, "invalid-payload" },
    };

    [Theory]
    [MemberData(nameof(CborPayloads), DisableDiscoveryEnumeration = true)]
    public async Task A_CBOR_payload_that_cannot_be_read(byte[] payload, string reason)
    {
        var serial = platform.NewSerial($"cbor-{reason}");
        await using var claim = await platform.ConnectsWithClaim(serial);

        var answer = await claim.AskInCbor($"$aws/provisioning-templates/{Platform.Template}/provision/cbor", payload);

        answer.ShouldBeRejected(400, reason);
        await platform.ExplainsWith(serial, reason);
        (await claim.Ask(Exchange.CreateFromCsr, "{}")).ShouldBeRejected(400, "InvalidCsr", "invalid-csr"); // and the connection goes on
    }

    [Fact]
    public async Task Publishing_an_answer_is_refused()
    {
        var forger = platform.NewSerial("forger");
        await using var claim = await platform.ConnectsWithClaim(forger, version: ProtocolVersion.V500);

        (await claim.Connection.Publish($"{Exchange.CreateKeys}/accepted", "{}"u8.ToArray(), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);

        await platform.ExplainsWith(forger, "reserved-topic");
    }

    [Fact]
    public async Task Subscribing_to_a_request_is_refused()
    {
        var eavesdropper = platform.NewSerial("eavesdropper");
        await using var claim = await platform.ConnectsWithClaim(eavesdropper, version: ProtocolVersion.V500);

        (await claim.Connection.Subscribe(Exchange.CreateKeys, QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);

        await platform.ExplainsWith(eavesdropper, "reserved-topic");
    }

    [Fact]
    public async Task A_claim_may_not_use_a_template_that_its_policy_does_not_name()
    {
        var serial = platform.NewSerial("other-template");
        await platform.CreatesTemplate("somebody-elses");
        await using var claim = await platform.ConnectsWithClaim(serial, version: ProtocolVersion.V500); // for the stories' template alone
        var token = (await claim.CreatesFromCsr(NewCsr(serial)))["certificateOwnershipToken"]!.GetValue<string>();
        var topic = Exchange.Provision("somebody-elses");

        (await claim.Connection.Subscribe($"{topic}/accepted", QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        (await claim.Connection.Publish(topic, Encoding.UTF8.GetBytes(Exchange.Registration(token, ("SerialNumber", serial))), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);

        await Eventually.Holds(async () =>
        {
            var steps = await platform.Operator.FindFlowSteps(serial, CancellationToken.None);
            steps.ShouldContain(step => step.Step == "subscribe refused" && step.ReasonCode == "access-denied");
            steps.ShouldContain(step => step.Step == "publish refused" && step.ReasonCode == "access-denied");
        });
        await platform.ExplainsWith(serial, "access-denied");
        (await claim.Registers(Platform.Template, token, ("SerialNumber", serial))).Body["thingName"]!.GetValue<string>().ShouldBe(serial);
    }

    [Fact]
    public async Task A_peer_that_stalls_is_closed_and_told_nothing()
    {
        using var mute = new TcpClient();
        await mute.ConnectAsync(platform.Endpoints.MqttHost, platform.Endpoints.MqttPort);
        using var slow = new TcpClient();
        await slow.ConnectAsync(platform.Endpoints.MqttHost, platform.Endpoints.MqttPort);
        await slow.GetStream().WriteAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 }); // the first octets of a ClientHello that never comes

        var heard = await Task.WhenAll(HearsUntilClosed(mute), HearsUntilClosed(slow));

        heard.ShouldBe([0, 0]);
    }

    [Fact]
    public async Task Two_devices_with_one_claim_never_see_each_others_answers()
    {
        await using var quiet = await platform.ConnectsWithClaim(platform.NewSerial("quiet"));
        await using var busy = await platform.ConnectsWithClaim(platform.NewSerial("busy"));
        await quiet.Connection.Subscribe($"{Exchange.CreateKeys}/accepted", QoS.AtLeastOnce);
        await quiet.Connection.Subscribe("$aws/certificates/create/+/+", QoS.AtLeastOnce);

        for (var i = 0; i < 3; i++) (await busy.Ask(Exchange.CreateKeys, "")).Body.ContainsKey("privateKey").ShouldBeTrue();

        // The quiet one's own answer is the first thing it hears: nothing of the other's came before it.
        await quiet.Connection.Publish(Exchange.CreateKeys, ReadOnlyMemory<byte>.Empty, QoS.AtLeastOnce);
        var own = await quiet.Next();
        own.Body.ContainsKey("privateKey").ShouldBeTrue();
        quiet.Connection.Incoming.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_certificate_that_nobody_registered()
    {
        using var stranger = SelfSigned(platform.NewSerial("stranger"), TimeSpan.FromDays(-1), TimeSpan.FromDays(1));

        await platform.RefusesToConnect(stranger);
        await platform.ExplainsWith(CertificateId.Of(stranger.RawData), "unknown-certificate");
    }

    [Fact]
    public async Task A_registered_certificate_that_is_not_valid_yet()
    {
        using var claim = SelfSigned(platform.NewSerial("early"), TimeSpan.FromDays(1), TimeSpan.FromDays(10));
        await platform.RegistersCertificate(claim);

        await platform.RefusesToConnect(claim);
        await platform.ExplainsWith(CertificateId.Of(claim.RawData), "certificate-not-yet-valid");
    }

    [Fact]
    public async Task A_registered_certificate_that_has_expired_since()
    {
        using var claim = SelfSigned(platform.NewSerial("late"), TimeSpan.FromDays(-1), TimeSpan.FromSeconds(8));
        await platform.RegistersCertificate(claim);

        await Eventually.Holds(async () =>
        {
            await platform.RefusesToConnect(claim);
            await platform.ExplainsWith(CertificateId.Of(claim.RawData), "certificate-expired", within: TimeSpan.FromSeconds(2));
        });
    }

    [Fact]
    public async Task A_registered_certificate_without_a_policy_may_not_connect()
    {
        using var claim = SelfSigned(platform.NewSerial("no-policy"), TimeSpan.FromDays(-1), TimeSpan.FromDays(1));
        await platform.RegistersCertificate(claim);

        await platform.RefusesToConnect(claim);
        await platform.ExplainsWith(CertificateId.Of(claim.RawData), "access-denied");
    }

    static async Task<int> HearsUntilClosed(TcpClient peer)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        try
        {
            return await peer.GetStream().ReadAsync(new byte[64], patience.Token);
        }
        catch (IOException)
        {
            return 0; // cut rather than closed
        }
    }

    static string NewCsr(string serial)
    {
        using var key = KeyPair.CreateEcdsaP256();
        return key.CreateSigningRequest(serial);
    }

    static string WeakCsr()
    {
        using var key = RSA.Create(1024);
        return new CertificateRequest("CN=weak", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
    }

    static X509Certificate2 SelfSigned(string name, TimeSpan from, TimeSpan until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now + from, now + until);
    }
}
