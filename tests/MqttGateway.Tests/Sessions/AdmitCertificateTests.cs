using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Sessions;

/// <summary>Certificates that the registry does not know, under authorities that are registered (JITR and JITP).</summary>
public sealed class AdmitCertificateTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    [Fact]
    public async Task A_first_connection_registers_and_ends_without_an_answer()
    {
        var ca = Trust(new OwnCa("jitr"));
        var device = ca.Signs("SN-1");

        await IsClosed(device);

        var asked = _gateway.Neighbours.Registrar.Asked.Single(item => item.CaCertificateId == ca.Id);
        asked.Certificate.ShouldBe(device.Certificate.RawData);
        await Explains(device, "certificate-pending");
    }

    [Fact]
    public async Task Every_connection_of_a_pending_certificate_is_told_to_those_who_listen()
    {
        var ca = Trust(new OwnCa("told"));
        await using var listener = await _gateway.Connect(_gateway.Registered(Allow("iot:*", "*")), "listener");
        (await listener.Subscribe($"$aws/events/certificates/registered/{ca.Id}", QoS.AtLeastOnce)).ShouldBe(ReasonCode.GrantedQoS1);
        var device = ca.Signs("SN-2");

        for (var i = 0; i < 2; i++)
        {
            await IsClosed(device);
            var told = await listener.Next();
            told.Topic.ShouldBe($"$aws/events/certificates/registered/{ca.Id}");
            var body = JsonNode.Parse(told.Payload.Span)!;
            body["certificateId"]!.GetValue<string>().ShouldBe(device.Id);
            body["caCertificateId"]!.GetValue<string>().ShouldBe(ca.Id);
            body["certificateStatus"]!.GetValue<string>().ShouldBe("PENDING_ACTIVATION");
            body["awsAccountId"]!.GetValue<string>().ShouldBe("123456789012");
            body["timestamp"]!.GetValue<long>().ShouldBeInRange(DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        }

        _gateway.Neighbours.Registrar.Asked.Count(item => item.CaCertificateId == ca.Id).ShouldBe(1);
    }

    [Fact]
    public async Task Without_the_right_to_receive_them_events_stay_unheard()
    {
        await using var client = await _gateway.Connect(_gateway.Registered(Allow("iot:Connect", "*")), "deaf");
        (await client.Subscribe("$aws/events/certificates/registered/+", QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        await using var speaker = await _gateway.Connect(_gateway.Registered(Allow("iot:*", "*")), "forger");
        (await speaker.Publish("$aws/events/certificates/registered/x", default, QoS.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task An_activated_certificate_connects()
    {
        var ca = Trust(new OwnCa("activated"));
        var device = ca.Signs("SN-3");
        await IsClosed(device);

        _gateway.Neighbours.Grant(AGrant(device.Id, Allow("iot:Connect", "*")) with { Version = 2, CaCertificateId = ca.Id });
        await _gateway.Get<PrincipalsChangedConsumer>().Handle(new() { CertificateIds = [device.Id] }, default);
        await using var connection = await _gateway.Connect(device, "SN-3");
    }

    [Fact]
    public async Task With_a_template_the_first_connection_provisions_and_the_second_is_let_in()
    {
        var ca = Trust(new OwnCa("jitp"), template: "sensors");
        var device = ca.Signs("SN-4");

        await IsClosed(device);
        await Explains(device, "certificate-provisioned");
        await using var connection = await _gateway.Connect(device, "SN-4");

        var asked = _gateway.Neighbours.JustInTime.Asked.Single(item => item.CaCertificateId == ca.Id);
        asked.TemplateName.ShouldBe("sensors");
        asked.Flow.PrincipalId.ShouldBe(device.Id);
    }

    [Fact]
    public async Task Where_the_authority_says_so_the_first_connection_goes_on_once_the_device_is_provisioned()
    {
        var ca = Trust(new OwnCa("admits"), template: "sensors", admits: true);
        await using var connection = await _gateway.Connect(ca.Signs("SN-5"), "SN-5");
        connection.ConnAck.Reason.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_template_that_fails_leaves_the_certificate_pending_and_is_tried_again()
    {
        var ca = Trust(new OwnCa("fails"), template: "broken", admits: true);
        var device = ca.Signs("SN-6");
        _gateway.Neighbours.JustInTime.Instead = _ => Task.FromResult(
            new Contracts.TemplateEngine.ProvisionThingAnswer { Refused = Reasons.UnresolvedReference.ToRefused("Cannot resolve reference value: {Ref=AWS::IoT::Certificate::Country}.") });
        try
        {
            await IsClosed(device);
            await Explains(device, "unresolved-reference");
        }
        finally
        {
            _gateway.Neighbours.JustInTime.Instead = null;
        }

        await using var connection = await _gateway.Connect(device, "SN-6");
    }

    [Fact]
    public async Task Without_auto_registration_or_authority_a_certificate_is_simply_unknown()
    {
        var ca = Trust(new OwnCa("manual"), autoRegistration: false);
        await IsUnknown(ca.Signs("SN-7"));
        await IsUnknown(new OwnCa("nobody").Signs("SN-8"));
        _gateway.Neighbours.Registrar.Asked.ShouldNotContain(item => item.CaCertificateId == ca.Id);
    }

    [Fact] // peers 3.2 case 7
    public async Task A_signature_of_another_key_in_the_name_of_the_authority_is_refused()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = Trust(new OwnCa("forged"));
        await IsUnknown(ca.Signs("SN-9", by: stranger));
    }

    [Fact] // peers 3.2 case 9
    public async Task A_certificate_with_the_serial_number_and_subject_of_a_known_one_is_another_certificate()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        var ca = Trust(new OwnCa("twins"), autoRegistration: false);
        var known = ca.Signs("SN-10", serial: serial);
        _gateway.Neighbours.Grant(known, Allow("iot:Connect", "*"));

        await using var connection = await _gateway.Connect(known, "SN-10");
        await IsUnknown(ca.Signs("SN-10", serial: serial));
    }

    [Fact] // peers 3.2 case 31
    public async Task A_device_with_a_weak_key_is_not_registered()
    {
        using var weak = RSA.Create(1024);
        var ca = Trust(new OwnCa("weak"));
        await Should.ThrowAsync<Exception>(_gateway.Connect(ca.Signs("SN-11", deviceKey: weak), "SN-11"));
        _gateway.Neighbours.Registrar.Asked.ShouldNotContain(item => item.CaCertificateId == ca.Id);
    }

    [Fact]
    public async Task Authorities_are_asked_for_once_and_again_after_a_change()
    {
        var ca = new OwnCa("late");
        await IsUnknown(ca.Signs("SN-12"));
        _gateway.Neighbours.Authorities.Add(ca.Describe());
        await IsUnknown(ca.Signs("SN-13")); // nobody has told us
        _gateway.Get<TrustedAuthorities>().Forget();
        await IsClosed(ca.Signs("SN-14"));
    }

    [Fact]
    public async Task First_connections_under_one_authority_are_limited_per_second()
    {
        await using var gateway = await GatewayUnderTest.Start(
            ("MqttGateway:RegistrationsPerSecondPerAuthority", "0.1"), ("MqttGateway:RegistrationBurstPerAuthority", "1"));
        var ca = new OwnCa("flood");
        gateway.Neighbours.Authorities.Add(ca.Describe());
        await Should.ThrowAsync<Exception>(gateway.Connect(ca.Signs("1"), "1"));
        (await Should.ThrowAsync<MqttConnectException>(gateway.Connect(ca.Signs("2"), "2"))).Reason.ShouldBe(ReasonCode.ConnectionRateExceeded);
        gateway.Neighbours.Registrar.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Where_asked_for_an_sni_only_certificate_must_name_the_endpoint()
    {
        await using var gateway = await GatewayUnderTest.Start(("MqttGateway:SniOnlyNeedsServerName", "true"));
        var device = TestAuthority.Client();
        gateway.Neighbours.Grant(AGrant(device.Id, Allow("iot:Connect", "*")) with { Mode = CertificateMode.SniOnly });
        await using (await gateway.Connect(device, "named"))
        {
        }

        // An address is never sent as a name (RFC 6066 §3).
        (await Should.ThrowAsync<MqttConnectException>(gateway.Connect(device, "nameless", serverName: "127.0.0.1"))).Reason.ShouldBe(ReasonCode.NotAuthorized);
    }

    OwnCa Trust(OwnCa ca, string? template = null, bool admits = false, bool autoRegistration = true)
    {
        _gateway.Neighbours.Authorities.Add(ca.Describe(autoRegistration, template, admits));
        _gateway.Get<TrustedAuthorities>().Forget();
        return ca;
    }

    async Task IsClosed(TestCertificate device)
    {
        var failure = await Should.ThrowAsync<Exception>(_gateway.Connect(device, "first"));
        failure.ShouldNotBeOfType<MqttConnectException>(); // no CONNACK
    }

    async Task IsUnknown(TestCertificate device)
    {
        (await Should.ThrowAsync<MqttConnectException>(_gateway.Connect(device, "unknown"))).Reason.ShouldBe(ReasonCode.NotAuthorized);
        await Explains(device, "unknown-certificate");
    }

    Task Explains(TestCertificate device, string code) => Eventually.Is(async () =>
        (await _gateway.Get<IFlowSteps>().Find([device.Id], default)).Any(step => step.ReasonCode == code), $"a recorded refusal with {code}");
}
