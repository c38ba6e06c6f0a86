using System.Text;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Bodies;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Provisioning;

public sealed class ProvisioningTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string Keys = "$aws/certificates/create/";
    const string Csr = "$aws/certificates/create-from-csr/";
    const string Register = "$aws/provisioning-templates/sensor/provision/";
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    public static TheoryData<string, QoS, ProtocolVersion> Ways()
    {
        var ways = new TheoryData<string, QoS, ProtocolVersion>();
        foreach (var format in new[] { "json", "cbor" })
            foreach (var qos in new[] { QoS.AtMostOnce, QoS.AtLeastOnce })
                foreach (var version in new[] { ProtocolVersion.V311, ProtocolVersion.V500 })
                    ways.Add(format, qos, version);
        return ways;
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_device_is_given_keys_registers_and_comes_back_as_itself(string format, QoS qos, ProtocolVersion version)
    {
        var serial = $"{format}-{qos}-{version}";
        var claim = await Claimant(serial, version, qos, format);
        await claim.Publish(Keys + format, Nothing(format), qos);
        var created = await claim.Next();
        created.Topic.ShouldBe($"{Keys}{format}/accepted");
        created.QoS.ShouldBe(qos);
        created.Payload.Length.ShouldBeLessThan(4096 - 100);
        var answer = Read(created, format);
        answer["certificateId"].ShouldBe(CertificateId.Of(Pem.ReadCertificate(answer["certificatePem"])));

        using var key = KeyPair.FromPem(answer["privateKey"]);
        var own = new TestCertificate(key.ToX509(answer["certificatePem"]));
        _gateway.Neighbours.NextGrant = AGrant(own.Id, Allow("*", "*"));
        await claim.Publish(Register + format, Body(format, answer["certificateOwnershipToken"], ("SerialNumber", serial)), qos);
        var registered = await claim.Next();
        registered.Topic.ShouldBe($"{Register}{format}/accepted");
        Read(registered, format)["thingName"].ShouldBe("thing-" + serial);

        // The claim's connection may still look alive: its own child takes the client id over.
        await using var device = await _gateway.Connect(own, serial, version);
        await device.Publish("hello", Waiting.Utf8("x"), QoS.AtLeastOnce);
        await claim.IsClosed();
    }

    [Fact]
    public async Task A_device_whose_template_has_a_hook_is_asked_about_alone()
    {
        await using var gateway = await GatewayUnderTest.Start();
        gateway.Neighbours.Engine.Instead = _ => Task.FromResult(new ProvisionThingAnswer { AskHooked = true });
        await using var device = await gateway.Connect(gateway.Claim(), "hooked");

        await device.Publish(Register + "json", Body("json", "token", ("SerialNumber", "hooked")), QoS.AtLeastOnce);

        var answer = await device.Next();
        answer.Topic.ShouldBe($"{Register}json/accepted");
        Read(answer, "json")["thingName"].ShouldBe("thing-hooked");
    }

    [Theory]
    [InlineData("json")]
    [InlineData("cbor")]
    public async Task A_device_brings_its_own_key(string format)
    {
        using var key = KeyPair.CreateEcdsaP256();
        await using var claim = await Claimant("csr-" + format, format: format);
        await claim.Publish(Csr + format, Body(format, null, key.CreateSigningRequest("own")), QoS.AtLeastOnce);

        var created = await claim.Next();
        created.Topic.ShouldBe($"{Csr}{format}/accepted");
        (created.Topic.Length + created.Payload.Length + 16).ShouldBeLessThan(2048); // aws-protocol 1.7
        var answer = Read(created, format);
        answer.Keys.ShouldBe(["certificateOwnershipToken", "certificateId", "certificatePem"], ignoreOrder: true);
        CertificateText.ReadPem(answer["certificatePem"]).SubjectPublicKeyInfo.ToArray().ShouldBe(key.SubjectPublicKeyInfo);
    }

    [Theory] // liberal, as AWS is (aws-protocol 1.3)
    [InlineData("json", "")]
    [InlineData("json", "{}")]
    [InlineData("json", "{\"anything\":[1]}")]
    [InlineData("json", "no json at all")]
    [InlineData("cbor", "\u00a0")]
    public async Task The_request_for_keys_may_say_anything(string format, string payload)
    {
        await using var claim = await Claimant("liberal-" + format, format: format);
        await claim.Publish(Keys + format, Encoding.Latin1.GetBytes(payload), QoS.AtLeastOnce);
        (await claim.Next()).Topic.ShouldBe($"{Keys}{format}/accepted");
    }

    [Theory]
    [InlineData("$aws/certificates/create-from-csr/json", "{", "invalid-payload", 400, "InvalidPayload")]
    [InlineData("$aws/certificates/create-from-csr/json", "{}", "invalid-csr", 400, "InvalidCsr")]
    [InlineData("$aws/certificates/create-from-csr/json", "{\"certificateSigningRequest\":\"x\"}", "invalid-csr", 400, "InvalidCsr")]
    [InlineData("$aws/certificates/create-from-csr/cbor", "{}", "invalid-payload", 400, "InvalidPayload")]
    [InlineData("$aws/provisioning-templates/sensor/provision/json", "", "invalid-payload", 400, "InvalidPayload")]
    [InlineData("$aws/provisioning-templates/sensor/provision/json", "{}", "token-missing", 400, "InvalidCertificateOwnershipToken")]
    [InlineData("$aws/provisioning-templates/sensor/provision/json", "{\"parameters\":{\"a\":1}}", "invalid-parameters", 400, "InvalidParameters")]
    public async Task A_bad_request_is_rejected_on_its_own_topic_and_in_its_own_format(string topic, string payload, string code, int status, string errorCode)
    {
        var format = topic[(topic.LastIndexOf('/') + 1)..];
        await using var claim = await Claimant("bad-request", format: format);
        await claim.Publish(topic, Waiting.Utf8(payload), QoS.AtLeastOnce);

        var rejected = await claim.Next();
        rejected.Topic.ShouldBe(topic + "/rejected");
        var answer = Read(rejected, format);
        (answer["statusCode"], answer["errorCode"]).ShouldBe(($"{status}", errorCode));
        answer["errorMessage"].ShouldStartWith(code + ": ");
    }

    [Fact]
    public async Task A_csr_that_is_too_long_never_leaves_the_gateway()
    {
        await using var claim = await Claimant("long-csr");
        var before = _gateway.Neighbours.Authority.Asked.Count;
        await claim.Publish(Csr + "json", Body("json", null, new string('x', 4097)), QoS.AtLeastOnce);
        (await claim.Next()).Text().ShouldContain("csr-too-large");
        _gateway.Neighbours.Authority.Asked.Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_name_that_no_template_can_have_is_not_found()
    {
        var certificate = _gateway.Registered(Allow("*", "*"));
        await using var claim = await _gateway.Connect(certificate, "odd-template");
        await claim.Publish("$aws/provisioning-templates/no such.name/provision/json", Waiting.Utf8("{}"), QoS.AtLeastOnce);
        (await claim.Next()).Text().ShouldContain("template-not-found");
    }

    [Fact]
    public async Task When_a_service_is_away_the_device_is_told_to_try_again()
    {
        await using var gateway = await GatewayUnderTest.Start();
        gateway.Neighbours.Authority.Instead = _ => throw new RequestUnavailableException("away");
        gateway.Neighbours.Engine.Instead = _ => throw new InvalidOperationException("a defect");
        await using var claim = await gateway.Connect(gateway.Claim(), "c");
        await claim.Publish(Keys + "json", default, QoS.AtLeastOnce);
        var first = (await claim.Next()).Text();
        first.ShouldContain("\"statusCode\":500");
        first.ShouldContain("unavailable: ");

        await claim.Publish(Register + "json", Waiting.Utf8("{}"), QoS.AtLeastOnce);
        var second = (await claim.Next()).Text();
        second.ShouldContain("internal: ");
        second.ShouldNotContain("defect");
    }

    [Fact] // the most important rule of routing (aws-protocol 1.8)
    public async Task Two_devices_with_one_claim_never_see_each_others_answers()
    {
        var certificate = _gateway.Claim();
        var devices = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var device = await _gateway.Connect(certificate, $"shared-{i}", i % 2 == 0 ? ProtocolVersion.V311 : ProtocolVersion.V500);
            await device.Subscribe("$aws/certificates/create/#", QoS.AtLeastOnce);
            return device;
        }));
        await Task.WhenAll(devices.Select(device => device.Publish(Keys + "json", default, QoS.AtLeastOnce)));

        var ids = new List<string>();
        foreach (var device in devices)
        {
            ids.Add(Read(await device.Next(), "json")["certificateId"]);
            await device.HeardNothing();
        }

        ids.Distinct().Count().ShouldBe(8);
        foreach (var device in devices) await device.DisposeAsync();
    }

    [Fact]
    public async Task A_forged_answer_reaches_nobody()
    {
        await using var victim = await Claimant("victim");
        await using var forger = await _gateway.Connect(_gateway.Registered(Allow("*", "*")), "forger");
        (await forger.Publish(Keys + "json/accepted", Waiting.Utf8("{}"), QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        _gateway.Get<MqttBroker>().Publish(new() { Topic = Keys + "json/accepted", Payload = Waiting.Utf8("{}"), QoS = QoS.AtLeastOnce });
        await victim.HeardNothing();
    }

    [Fact]
    public async Task Answers_come_in_the_order_of_requests_and_the_fifth_at_once_is_too_many()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var gates = Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource<ProvisionThingAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        gateway.Neighbours.Engine.Instead = item => gates[int.Parse(item.Parameters["n"], null)].Task;
        await using var claim = await gateway.Connect(gateway.Claim(), "orderly");
        await claim.Subscribe(Register + "json/+", QoS.AtLeastOnce);
        for (var n = 0; n < 5; n++) await claim.Publish(Register + "json", Body("json", "t", ("n", $"{n}")), QoS.AtLeastOnce);
        await Eventually.Is(() => gateway.Neighbours.Engine.Asked.Count == 4);
        foreach (var n in new[] { 3, 2, 1, 0 }) gates[n].SetResult(new() { ThingName = $"thing-{n}" });

        for (var n = 0; n < 4; n++) (await claim.Next()).Text().ShouldContain($"thing-{n}");
        (await claim.Next()).Text().ShouldContain("too-many-requests");
    }

    [Fact]
    public async Task A_client_that_only_asks_is_sent_away()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:OutstandingRejections", "2"));
        gateway.Neighbours.Authority.Instead = _ => new TaskCompletionSource<IssueCertificateAnswer>().Task;
        var claim = await gateway.Connect(gateway.Claim(), "greedy");
        for (var n = 0; n < 7; n++) await claim.Publish(Keys + "json", default, QoS.AtMostOnce);
        (await claim.IsClosed())!.Reason.ShouldBe(ReasonCode.QuotaExceeded);
    }

    [Fact]
    public async Task Requests_with_one_certificate_are_limited_per_second()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:RequestsPerSecondPerPrincipal", "0.1"), ("MqttGateway:RequestBurstPerPrincipal", "1"));
        await using var claim = await gateway.Connect(gateway.Claim(), "fast");
        await claim.Publish(Keys + "json", default, QoS.AtLeastOnce);
        (await claim.Next()).Topic.ShouldEndWith("accepted");
        await claim.Publish(Keys + "json", default, QoS.AtLeastOnce);
        (await claim.Next()).Text().ShouldContain("\"statusCode\":429");
    }

    [Fact]
    public async Task What_the_services_are_asked_names_the_flow_and_the_connection()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var certificate = gateway.Claim();
        await using var claim = await gateway.Connect(certificate, "flow-1");
        await claim.Publish(Keys + "json", default, QoS.AtLeastOnce);
        await claim.Next();
        await claim.Publish(Register + "json", Body("json", "tok", ("SerialNumber", "7")), QoS.AtLeastOnce);
        await claim.Next();

        var issued = gateway.Neighbours.Authority.Asked.Single();
        (issued.Flow.ClientId, issued.Flow.PrincipalId, issued.Purpose).ShouldBe(("flow-1", certificate.Id, CertificatePurpose.Device));
        Guid.TryParseExact(issued.Flow.FlowId, "N", out _).ShouldBeTrue();
        var provisioned = gateway.Neighbours.Engine.Asked.Single();
        (provisioned.TemplateName, provisioned.OwnershipToken, provisioned.Parameters["SerialNumber"]).ShouldBe(("sensor", "tok", "7"));
        provisioned.Flow.SessionId.ShouldBe(issued.Flow.SessionId);
        provisioned.Flow.FlowId.ShouldNotBe(issued.Flow.FlowId);
    }

    [Fact]
    public async Task A_request_begins_a_trace_that_its_questions_continue()
    {
        await using var gateway = await GatewayUnderTest.Start();
        var begun = new System.Collections.Concurrent.ConcurrentQueue<System.Diagnostics.Activity>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name == "FleetPlatform.mqtt-gateway",
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => System.Diagnostics.ActivitySamplingResult.AllData,
            ActivityStarted = begun.Enqueue,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        await using var claim = await gateway.Connect(gateway.Claim(), "traced");
        await claim.Publish(Keys + "json", default, QoS.AtLeastOnce);
        await claim.Next();

        var flow = gateway.Neighbours.Authority.Asked.Single().Flow;
        begun.ShouldContain(activity => activity.OperationName == "mqtt publish" && activity.Id == flow.TraceParent && (string?)activity.GetTagItem("fleet.flow_id") == flow.FlowId);
    }

    async Task<MqttClientConnection> Claimant(string clientId, ProtocolVersion version = ProtocolVersion.V500, QoS qos = QoS.AtLeastOnce, string format = "json")
    {
        var connection = await _gateway.Connect(_gateway.Claim(), clientId, version);
        foreach (var topic in new[] { Keys, Csr, Register })
            foreach (var side in new[] { "accepted", "rejected" })
                (await connection.Subscribe($"{topic}{format}/{side}", qos)).IsFailure().ShouldBeFalse();
        return connection;
    }
}
