using System.Text.Json;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Rotation;

/// <summary>A pair made by the platform goes to the device that it is for, and nowhere else (peers 3.2 case 28).</summary>
public sealed class PushPairTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    public void Dispose() => _gateway.Neighbours.Engine.Instead = null;

    TestCertificate Device(string thing, params string[] statements)
    {
        var certificate = TestAuthority.Client();
        _gateway.Neighbours.Grant(AGrant(certificate.Id, statements.Length > 0 ? statements : [Allow("iot:*", "*")]) with
        {
            Things = [new() { ThingName = thing, Attributes = new Dictionary<string, string>() }],
        });
        return certificate;
    }

    static DeviceCommand Command(string thing, TestCertificate certificate, int attempt = 1) => new()
    {
        ThingName = thing,
        Topic = RotationProtocol.CommandTopic(thing),
        PairFor = certificate.Id,
        Payload = JsonSerializer.Serialize(new { command = "rotate", rotation = $"{thing}-1", attempt, certificateId = certificate.Id, template = "fleet-rotation" }),
    };

    Task Push(DeviceCommand command) => _gateway.Get<PushPair>().Handle(command, command.PairFor!);

    int AskedFor(TestCertificate certificate) => _gateway.Neighbours.Authority.Asked.Count(item => item.Flow.PrincipalId == certificate.Id);

    [Fact]
    public async Task The_device_gets_a_pair_that_fits_and_is_registered_and_nobody_else_hears_of_it()
    {
        var certificate = Device("SN-push");
        await using var listener = await _gateway.Connect(_gateway.Registered(Allow("iot:*", "*")), "push-listener");
        await listener.Subscribe("devices/#", QoS.AtLeastOnce);
        await using var device = await _gateway.Connect(certificate, "SN-push");
        await device.Subscribe("devices/SN-push/certs/rotate", QoS.AtLeastOnce);

        await Push(Command("SN-push", certificate));
        await Push(Command("SN-push", certificate)); // the bus delivers twice now and then

        var message = await device.Next();
        message.QoS.ShouldBe(QoS.AtMostOnce, "what is not acknowledged is kept for the next connection; a key must not be");
        using var body = JsonDocument.Parse(message.Payload);
        body.RootElement.GetProperty("certificateId").GetString().ShouldBe(certificate.Id);
        using var key = KeyPair.FromPem(body.RootElement.GetProperty("new_private_key").GetString()!);
        using var pair = key.ToX509(body.RootElement.GetProperty("new_certificate").GetString()!);
        pair.HasPrivateKey.ShouldBeTrue();
        AskedFor(certificate).ShouldBe(1);
        _gateway.Neighbours.Engine.Asked.Single(item => item.Flow.PrincipalId == certificate.Id)
            .ShouldSatisfyAllConditions(item => item.TemplateName.ShouldBe("fleet-rotation"), item => item.Flow.Things.ShouldBe(["SN-push"]));
        await listener.HeardNothing();
        var session = _gateway.Neighbours.Authority.Asked.Single(item => item.Flow.PrincipalId == certificate.Id).Flow.SessionId;
        await Eventually.Holds(async () => (await _gateway.Recorded($"session-{session}")).OfType<PairPushed>().ShouldHaveSingleItem());
    }

    [Fact]
    public async Task A_registration_whose_answer_is_lost_is_asked_for_again_with_the_same_token()
    {
        var certificate = Device("SN-push-lost");
        await using var device = await _gateway.Connect(certificate, "SN-push-lost");
        await device.Subscribe("devices/SN-push-lost/certs/rotate", QoS.AtLeastOnce);
        var engine = _gateway.Neighbours.Engine;
        engine.Instead = item => item.Flow.PrincipalId == certificate.Id && engine.Asked.Count(asked => asked.Flow.PrincipalId == certificate.Id) == 1
            ? throw new RequestUnavailableException("no answer")
            : Task.FromResult(new ProvisionThingAnswer { ThingName = "SN-push-lost" });

        await Push(Command("SN-push-lost", certificate));

        (await device.Next()).Topic.ShouldBe("devices/SN-push-lost/certs/rotate");
        engine.Asked.Where(asked => asked.Flow.PrincipalId == certificate.Id).Select(asked => asked.OwnershipToken).Distinct().ShouldHaveSingleItem();
        AskedFor(certificate).ShouldBe(1);
    }

    [Fact]
    public async Task The_scheduler_hears_of_a_pair_that_reached_nobody()
    {
        var certificate = Device("SN-push-refused");
        await using var device = await _gateway.Connect(certificate, "SN-push-refused");
        await device.Subscribe("devices/SN-push-refused/certs/rotate", QoS.AtLeastOnce);
        _gateway.Neighbours.Engine.Instead = _ => Task.FromResult(new ProvisionThingAnswer { Refused = Reasons.Unavailable.ToRefused("Not now.") });

        await Push(Command("SN-push-refused", certificate));

        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var told = (await _gateway.Get<RotationNews>().Reader.ReadAsync(deadline.Token)).ShouldBeOfType<RotationReported>();
        (told.ThingName, told.CertificateId, told.Status, told.Detail).ShouldBe(("SN-push-refused", certificate.Id, "not-pushed", "unavailable: Not now."));
        await device.HeardNothing();
    }

    [Fact]
    public async Task Nothing_is_made_for_a_device_that_is_away_does_not_subscribe_may_not_receive_or_is_another()
    {
        var away = Device("SN-push-away");
        await Push(Command("SN-push-away", away));
        AskedFor(away).ShouldBe(0);

        var deaf = Device("SN-push-deaf");
        await using (await _gateway.Connect(deaf, "SN-push-deaf")) await Push(Command("SN-push-deaf", deaf));
        AskedFor(deaf).ShouldBe(0);

        var barred = Device("SN-push-barred", Allow("iot:*", "*"), Deny("iot:Receive", "topic/devices/SN-push-barred/certs/rotate"));
        await using (var connection = await _gateway.Connect(barred, "SN-push-barred"))
        {
            await connection.Subscribe("devices/SN-push-barred/certs/rotate", QoS.AtLeastOnce);
            await Push(Command("SN-push-barred", barred));
            await Push(Command("SN-push-other", barred));
        }

        AskedFor(barred).ShouldBe(0);
    }
}
