using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>Parts of the platform die under a device's hands: it is told to retry or told nothing, never something wrong.</summary>
public sealed class OutageStories(Platform platform)
{
    static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Parts => ["postgres", "bus", "certificate-authority", "template-engine", "thing-registry"];

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_part_that_dies_is_restarted_and_the_devices_retry_succeeds(string part)
    {
        var serial = platform.NewSerial($"outage-{part}");
        var claim = await platform.ConnectsWithClaim(serial);
        using var key = KeyPair.CreateEcdsaP256();
        var csr = key.CreateSigningRequest(serial);
        var token = (await claim.CreatesFromCsr(csr))["certificateOwnershipToken"]!.GetValue<string>();
        var process = platform.Fleet.ProcessId(part);

        platform.Fleet.Kill(part);
        await IsTheRightAnswerOrARetryableOne(claim, token, serial);
        await platform.Fleet.IsBack(part, process);

        // The same token, until it works: what was acknowledged is kept, what was not can be asked again.
        await Eventually.Holds(async () =>
        {
            await using var again = await platform.ConnectsWithClaim(serial);
            var answer = await again.Registers(Platform.Template, token, ("SerialNumber", serial));
            answer.Body["thingName"]!.GetValue<string>().ShouldBe(serial);
        }, Recovery);
        await claim.DisposeAsync();
        await platform.HasRecovered();
        (await platform.Events($"thing-{serial}")).Count(type => type == "thing.registered.v1").ShouldBe(1);
    }

    [Fact]
    public async Task A_gateway_that_dies_closes_its_connections_and_devices_come_back()
    {
        var device = await platform.ProvisionsDevice("outage-gateway");
        await using var session = await platform.Connects(device);
        var process = platform.Fleet.ProcessId("mqtt-gateway");

        platform.Fleet.Kill("mqtt-gateway");

        await session.Closed.WaitAsync(TimeSpan.FromSeconds(30));
        await platform.Fleet.IsBack("mqtt-gateway", process);
        await Eventually.Holds(async () =>
        {
            await using var again = await platform.Connects(device);
        }, Recovery);
        await platform.HasRecovered();
    }

    [Fact]
    public async Task Connected_devices_keep_talking_while_the_bus_is_away()
    {
        var device = await platform.ProvisionsDevice("outage-talk");
        await using var session = await platform.Connects(device);
        var topic = $"devices/{device.ThingName}/telemetry";
        await session.Subscribe(topic, QoS.AtLeastOnce);
        var process = platform.Fleet.ProcessId("bus");

        platform.Fleet.Kill("bus");
        await session.Publish(topic, "still here"u8.ToArray(), QoS.AtLeastOnce);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        (await session.Incoming.ReadAsync(patience.Token)).Payload.ToArray().ShouldBe("still here"u8.ToArray());
        await platform.Fleet.IsBack("bus", process);
        await platform.HasRecovered();
    }

    // A request that raced the crash may have been served before it; then the answer is the right one.
    static async Task IsTheRightAnswerOrARetryableOne(Exchange claim, string token, string serial)
    {
        Answer answer;
        try
        {
            answer = await claim.Registers(Platform.Template, token, ("SerialNumber", serial));
        }
        catch (OperationCanceledException)
        {
            return; // no answer at all is allowed too
        }

        if (answer.Topic.EndsWith("/accepted", StringComparison.Ordinal)) answer.Body["thingName"]!.GetValue<string>().ShouldBe(serial);
        else answer.ShouldBeRejected(500, "InternalServerError", "unavailable");
    }
}
