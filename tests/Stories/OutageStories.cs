using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Mqtt;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>
/// Parts of the platform answer nobody, then die. While a part is held nobody can have been served by it, so every device that needs it is told
/// to retry, within <see cref="Exchange"/>'s patience; when the part is back, the retry succeeds, and nothing is there twice.
/// </summary>
public sealed class OutageStories(Platform platform)
{
    [Fact]
    public async Task While_the_database_is_away_devices_are_told_to_retry_and_their_retry_succeeds()
    {
        await using var device = await Started("outage-postgres");
        await using var held = await platform.Fleet.Hold("postgres");

        await Task.WhenAll(device.IsToldToCreateLater(), device.IsToldToRegisterLater());

        await Returns(held);
        await device.Succeeds();
    }

    [Fact]
    public async Task While_the_bus_is_away_connected_devices_keep_talking_and_new_ones_are_told_to_retry()
    {
        await using var device = await Started("outage-bus");
        var speaker = await platform.ProvisionsDevice("outage-talk");
        await using var session = await platform.Connects(speaker);
        var topic = $"devices/{speaker.ThingName}/telemetry";
        await session.Subscribe(topic, QoS.AtLeastOnce);
        await using var held = await platform.Fleet.Hold("bus");

        await Task.WhenAll(device.IsToldToCreateLater(), device.IsToldToRegisterLater(), session.Publish(topic, "still here"u8.ToArray(), QoS.AtLeastOnce));

        using var patience = new CancellationTokenSource(Eventually.Patience);
        (await session.Incoming.ReadAsync(patience.Token)).Payload.ToArray().ShouldBe("still here"u8.ToArray());
        await Returns(held);
        await device.Succeeds();
    }

    [Fact]
    public async Task While_the_services_that_decide_are_away_devices_are_told_to_retry()
    {
        await using var device = await Started("outage-decisions");
        await using var authority = await platform.Fleet.Hold("certificate-authority");
        await using var engine = await platform.Fleet.Hold("template-engine");

        await Task.WhenAll(device.IsToldToCreateLater(), device.IsToldToRegisterLater());

        await Returns(authority, engine);
        await device.Succeeds();
    }

    /// <summary>Nobody can be revoked, and nobody who was comes back, not even through a gateway that was started meanwhile.</summary>
    [Fact]
    public async Task While_the_revocation_service_is_away_the_revoked_stay_out_and_a_revoke_call_fails_clearly_and_is_repeated()
    {
        var (revoked, unwanted) = (await platform.ProvisionsDevice("outage-gone"), await platform.ProvisionsDevice("outage-unwanted"));
        await Revoke(revoked);
        await Eventually.Holds(() => platform.RefusesToConnect(revoked.Certificate, revoked.ThingName));
        await using var held = await platform.Fleet.Hold("revocation");
        var refusal = Should.ThrowAsync<RequestRefusedException>(() => Revoke(unwanted));
        await using var gateway = await platform.Fleet.Hold("mqtt-gateway");

        await Returns(gateway);
        await Eventually.Holds(async () =>
        {
            await using var still = await platform.Connects(unwanted);
        });
        await platform.RefusesToConnect(revoked.Certificate, revoked.ThingName);
        (await refusal).Name.ShouldBe("ServiceUnavailableException");

        await Returns(held);
        await Eventually.Holds(() => Revoke(unwanted));
        await Revoke(unwanted);
        await Eventually.Holds(() => platform.RefusesToConnect(unwanted.Certificate, unwanted.ThingName));
        (await platform.Events($"revocation-{unwanted.CertificateId}")).Count(type => type == "revocation.recorded.v1").ShouldBe(1);
    }

    [Fact]
    public async Task While_the_registry_is_away_a_device_that_has_its_certificate_is_told_to_retry()
    {
        await using var device = await Started("outage-registry");
        await using var held = await platform.Fleet.Hold("thing-registry");

        await device.IsToldToRegisterLater();

        await Returns(held);
        await device.Succeeds();
    }

    [Fact]
    public async Task Doors_that_die_close_and_whoever_was_inside_comes_back()
    {
        var device = await platform.ProvisionsDevice("outage-doors");
        await using var session = await platform.Connects(device);
        await using var gateway = await platform.Fleet.Hold("mqtt-gateway");
        await using var controlPlane = await platform.Fleet.Hold("control-plane");

        await gateway.DisposeAsync();
        await session.Closed.WaitAsync(Eventually.Patience);
        var question = platform.Operator.ListThingPrincipals(device.ThingName, CancellationToken.None);
        await controlPlane.DisposeAsync();
        await Should.ThrowAsync<HttpRequestException>(() => question);

        await platform.Fleet.IsBack(gateway);
        await platform.Fleet.IsBack(controlPlane);
        await Eventually.Holds(async () =>
        {
            await using var again = await platform.Connects(device);
        });
        (await platform.Operator.ListThingPrincipals(device.ThingName, CancellationToken.None)).ShouldHaveSingleItem();
        await platform.HasRecovered();
    }

    Task Revoke(ProvisionedDevice device) => platform.Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);

    // Killed where they stood, with the requests of everybody who was told to retry.
    async Task Returns(params HeldResource[] parts)
    {
        foreach (var held in parts) await held.DisposeAsync();
        foreach (var held in parts) await platform.Fleet.IsBack(held);
    }

    async Task<DeviceHalfWay> Started(string story)
    {
        var serial = platform.NewSerial(story);
        var claim = await platform.ConnectsWithClaim(serial);
        var created = await claim.CreatesFromCsr(Platform.OwnRequest(serial));
        return new(platform, serial, await platform.ConnectsWithClaim($"{serial}-again"), claim, created["certificateOwnershipToken"]!.GetValue<string>());
    }

    /// <summary>A device that has a token and has not used it; on another connection it asks for one more certificate.</summary>
    sealed class DeviceHalfWay(Platform platform, string serial, Exchange creating, Exchange registering, string token) : IAsyncDisposable
    {
        public async Task IsToldToCreateLater() => IsRetryable(await creating.Ask(Exchange.CreateFromCsr, Exchange.Request(Platform.OwnRequest(serial))));

        public async Task IsToldToRegisterLater() => IsRetryable(await registering.Registers(Platform.Template, token, ("SerialNumber", serial)));

        static void IsRetryable(Answer answer) => answer.ShouldBeRejected(500, "InternalServerError", "unavailable");

        /// <summary>The same token, until it works: what was acknowledged is kept, what was not can be asked again.</summary>
        public async Task Succeeds()
        {
            await Eventually.Holds(async () =>
            {
                await using var again = await platform.ConnectsWithClaim(serial);
                var answer = await again.Registers(Platform.Template, token, ("SerialNumber", serial));
                answer.Body["thingName"]!.GetValue<string>().ShouldBe(serial);
                await again.CreatesFromCsr(Platform.OwnRequest(serial));
            });
            await platform.HasRecovered();
            (await platform.Events($"thing-{serial}")).Count(type => type == "thing.registered.v1").ShouldBe(1);
            (await platform.Operator.ListThingPrincipals(serial, CancellationToken.None)).ShouldHaveSingleItem();
        }

        public async ValueTask DisposeAsync()
        {
            await creating.DisposeAsync();
            await registering.DisposeAsync();
        }
    }
}
