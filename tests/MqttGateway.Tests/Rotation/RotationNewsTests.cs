using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.Pki;
using MassTransit;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Rotation;

public sealed class RotationNewsTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string CreateFromCsr = "$aws/certificates/create-from-csr/json";
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    TestCertificate Device(string thing, DateTimeOffset? watchUntil)
    {
        var certificate = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(certificate.Id, Allow("iot:*", "*")) with
        {
            Things = [new() { ThingName = thing, Attributes = new Dictionary<string, string>() }],
            WatchUntil = watchUntil,
        });
        return certificate;
    }

    async Task<IReadOnlyList<object>> News(string certificateId, int count)
    {
        var heard = new List<object>();
        var reader = _gateway.Get<RotationNews>().Reader;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        while (heard.Count < count)
        {
            var news = await reader.ReadAsync(deadline.Token);
            if (news is CertificateUse use ? use.CertificateId == certificateId : ((RotationReported)news).CertificateId == certificateId) heard.Add(news);
        }

        return heard;
    }

    [Fact]
    public async Task A_watched_certificate_is_reported_when_it_connects_and_when_it_first_publishes()
    {
        var certificate = Device("SN-watched", TimeProvider.System.GetUtcNow().AddDays(1));
        await using var connection = await _gateway.Connect(certificate, "SN-watched");
        await connection.Publish("a", Waiting.Utf8("1"), QoS.AtLeastOnce);
        await connection.Publish("a", Waiting.Utf8("2"), QoS.AtLeastOnce);
        await connection.Publish("devices/SN-watched/certs/rotate/report", Waiting.Utf8("""{"status":"rolled-back","detail":"no\u0000 flash"}"""), QoS.AtLeastOnce);

        var news = await News(certificate.Id, 3);

        news.OfType<CertificateUse>().Select(use => use.Kind).ShouldBe([CertificateUseKind.Connected, CertificateUseKind.Published]);
        news.OfType<CertificateUse>().ShouldAllBe(use => use.ThingName == "SN-watched");
        var report = news.OfType<RotationReported>().ShouldHaveSingleItem();
        (report.ThingName, report.Status, report.Detail).ShouldBe(("SN-watched", "rolled-back", "no? flash"));
    }

    [Fact] // a device that dies before it publishes has proved nothing of its new certificate
    public async Task A_will_is_not_a_publish_of_the_device()
    {
        var certificate = Device("SN-dies", TimeProvider.System.GetUtcNow().AddDays(1));
        await using var witness = await _gateway.Connect(_gateway.Registered(Allow("*", "*")), "SN-dies-witness");
        await witness.Subscribe("last/words/SN-dies", QoS.AtLeastOnce);
        await using (await _gateway.Connect(certificate, "SN-dies", will: new() { Topic = "last/words/SN-dies", Payload = Waiting.Utf8("gone") }))
        {
        }

        (await witness.Next()).Text().ShouldBe("gone");
        await using var again = await _gateway.Connect(certificate, "SN-dies");

        (await News(certificate.Id, 2)).OfType<CertificateUse>().Select(use => use.Kind).ShouldBe([CertificateUseKind.Connected, CertificateUseKind.Connected]);
    }

    [Fact]
    public async Task What_takes_part_in_no_rotation_is_not_reported_and_no_report_speaks_for_another_thing()
    {
        var certificate = Device("SN-quiet", watchUntil: null);
        await using var connection = await _gateway.Connect(certificate, "SN-quiet");
        await connection.Publish("a", Waiting.Utf8("1"), QoS.AtLeastOnce);
        await connection.Publish("devices/SN-other/certs/rotate/report", Waiting.Utf8("""{"status":"failed"}"""), QoS.AtLeastOnce);
        await connection.Publish("devices/SN-quiet/certs/rotate/report", Waiting.Utf8("not json"), QoS.AtLeastOnce);
        await connection.Publish("devices/SN-quiet/certs/rotate/report", Waiting.Utf8("""{"status":"connected"}"""), QoS.AtLeastOnce);
        await connection.Publish("devices/SN-quiet/certs/rotate/report", Waiting.Utf8("""{"status":"not-pushed"}"""), QoS.AtLeastOnce);
        await connection.Publish("devices/SN-quiet/certs/rotate/report", Waiting.Utf8("""{"status":"failed"}"""), QoS.AtLeastOnce);

        (await News(certificate.Id, 1)).ShouldHaveSingleItem().ShouldBeOfType<RotationReported>().ShouldSatisfyAllConditions(
            report => report.ThingName.ShouldBe("SN-quiet"), report => report.Status.ShouldBe("failed"));
    }

    [Fact]
    public async Task A_request_over_a_devices_own_certificate_says_whose_it_is_and_which_key_it_must_not_reuse()
    {
        var certificate = Device("SN-renews", watchUntil: null);
        await using var connection = await _gateway.Connect(certificate, "SN-renews");
        using var key = KeyPair.CreateEcdsaP256();
        await connection.Publish(CreateFromCsr, Bodies.Body("json", null, key.CreateSigningRequest("SN-renews")), QoS.AtLeastOnce);
        await Eventually.Is(() => _gateway.Neighbours.Authority.Asked.Any(asked => asked.Flow.PrincipalId == certificate.Id));

        var asked = _gateway.Neighbours.Authority.Asked.First(item => item.Flow.PrincipalId == certificate.Id);
        asked.Flow.Things.ShouldBe(["SN-renews"]);
        asked.AskersKeyHash.ShouldBe(System.Security.Cryptography.SHA256.HashData(CertificateText.Read(certificate.Certificate.RawData).SubjectPublicKeyInfo.Span));
    }

    [Fact]
    public async Task A_command_reaches_a_device_that_was_away()
    {
        var certificate = Device("SN-away", watchUntil: null);
        await using (var before = await _gateway.Connect(certificate, "SN-away", cleanStart: false))
        {
            await before.Subscribe("devices/SN-away/certs/rotate", QoS.AtLeastOnce);
            await before.Disconnect();
        }

        _gateway.Get<MqttBroker>().Publish(ForwardCommandsConsumer.MessageOf(new() { ThingName = "SN-away", Topic = "devices/SN-away/certs/rotate", Payload = "{}" }));

        await using var after = await _gateway.Connect(certificate, "SN-away", cleanStart: false);
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var message = await after.Incoming.ReadAsync(deadline.Token);
        (message.Topic, message.QoS).ShouldBe(("devices/SN-away/certs/rotate", QoS.AtLeastOnce));
    }
}
