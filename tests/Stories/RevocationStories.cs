using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>Trust and its end, as devices and their operator see it. Peers 3.2 cases 20, 21 and 34.</summary>
public sealed class RevocationStories(Platform platform)
{
    [Fact]
    public async Task A_revoked_device_is_cut_off_at_once_and_stays_out()
    {
        var device = await platform.ProvisionsDevice("revoked");
        await using var session = await platform.Connects(device);
        await session.Publish($"devices/{device.ThingName}/telemetry", "21.5"u8.ToArray(), QoS.AtLeastOnce);

        await platform.Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);

        var goodbye = await session.Closed.WaitAsync(Eventually.Patience);
        goodbye?.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        await platform.RefusesToConnect(device.Certificate, device.ThingName);
        (await platform.Events($"principal-{device.CertificateId}")).ShouldContain("principal.revoked.v1");
        (await platform.Events($"revocation-{device.CertificateId}")).ShouldContain("revocation.recorded.v1");
    }

    [Fact]
    public async Task An_order_previews_its_reach_cuts_off_and_hands_out_a_receipt()
    {
        var device = await platform.ProvisionsDevice("ordered");
        var other = await platform.ProvisionsDevice("spared");
        await using var session = await platform.Connects(device);
        await using var spared = await platform.Connects(other);
        var order = Order("thing", device.ThingName, ("reason", "keyCompromise"));

        JsonNode preview = order;
        await Eventually.Holds(async () =>
        {
            preview = await platform.Operator.Revocation(With(order, "dryRun", true), CancellationToken.None);
            preview["liveSessions"]!.GetValue<int>().ShouldBe(1);
        });
        preview["things"]!.AsArray().Select(thing => thing!.GetValue<string>()).ShouldBe([device.ThingName]);
        session.Closed.IsCompleted.ShouldBeFalse("a preview changes nothing");

        var receipt = await platform.Operator.Revocation(order, CancellationToken.None);

        await Eventually.Holds(async () =>
        {
            receipt = await platform.Operator.Revocation(receipt["orderId"]!.GetValue<string>(), CancellationToken.None);
            receipt["changed"]!.GetValue<int>().ShouldBe(1);
            receipt["completedAt"].ShouldNotBeNull();
            var places = receipt["receipt"]!.AsArray().Where(place => place!["place"]!.GetValue<string>() != $"mqtt-gateway/{SecondGateway.Name}").ToDictionary(place => place!["place"]!.GetValue<string>().Split('/')[0], place => place!);
            places.Keys.ShouldBe(["thing-registry", "mqtt-gateway", "crl", "ocsp"], ignoreOrder: true);
            places["mqtt-gateway"]["sessionsClosed"]!.GetValue<int>().ShouldBe(1);
            places.Values.ShouldAllBe(place => place["complete"]!.GetValue<bool>());
        });
        (await session.Closed.WaitAsync(Eventually.Patience))?.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        spared.Closed.IsCompleted.ShouldBeFalse();
        await Openssl.Finds(device, "revoked", listed: true);
        await Openssl.Finds(other, "good", listed: false);
    }

    /// <summary>Peers 3.2 case 20, beyond one process.</summary>
    [Fact]
    public async Task A_revocation_closes_sessions_on_every_gateway()
    {
        using var second = await SecondGateway.Start(platform.Fleet);
        var (here, there, spared) = (await platform.ProvisionsDevice("on-first"), await platform.ProvisionsDevice("on-second"), await platform.ProvisionsDevice("on-second-too"));
        await using var first = await platform.Connects(here);
        await using var other = await platform.Connects(there, port: second.Port);
        await using var stays = await platform.Connects(spared, port: second.Port);

        foreach (var (device, session) in ((ProvisionedDevice, MqttClientConnection)[])[(there, other), (here, first)])
        {
            await platform.Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);
            (await session.Closed.WaitAsync(Eventually.Patience))?.Reason.ShouldBe(ReasonCode.AdministrativeAction);
            await platform.RefusesToConnect(device.Certificate, device.ThingName);
            await platform.RefusesToConnect(device.Certificate, device.ThingName, second.Port);
        }

        stays.Closed.IsCompleted.ShouldBeFalse();
    }

    /// <summary>Peers 3.2 cases 31 and 32.</summary>
    [Fact]
    public async Task A_compromised_key_gets_no_certificate_again_and_the_scan_finds_where_it_is()
    {
        var device = await platform.ProvisionsDevice("lost-key");
        using var key = KeyPair.FromPem(device.PrivateKeyPem);
        await platform.Operator.Revocation(Order("certificate", device.CertificateId, ("reason", "keyCompromise")), CancellationToken.None);
        await using var claim = await platform.ConnectsWithClaim(device.ThingName);

        await Eventually.Holds(async () =>
        {
            var asked = new JsonObject { ["certificateSigningRequest"] = key.CreateSigningRequest(device.ThingName) };
            (await claim.Ask(Exchange.CreateFromCsr, asked.ToJsonString())).ShouldBeRejected(400, "InvalidCsr", "key-compromised");
        });
        using var ec = System.Security.Cryptography.ECDsa.Create();
        ec.ImportFromPem(device.PrivateKeyPem);
        using var brought = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=brought", ec, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        (await Should.ThrowAsync<RequestRefusedException>(() => platform.RegistersCertificate(brought))).Message.ShouldContain("in other hands");

        var page = await platform.Operator.Send(HttpMethod.Get, "/fleet/keys/scan", null, CancellationToken.None);
        page["scanned"]!.GetValue<int>().ShouldBeGreaterThan(0);
        page["findings"]!.AsArray().Select(finding => finding!["certificateId"]!.GetValue<string>()).ShouldNotContain(device.CertificateId, "it is revoked already");
    }

    [Fact]
    public async Task A_suspended_device_comes_back_when_it_is_reinstated()
    {
        var device = await platform.ProvisionsDevice("suspended");
        await using var session = await platform.Connects(device);

        await platform.Operator.Revocation(Order("certificate", device.CertificateId, ("action", "suspend")), CancellationToken.None);
        await session.Closed.WaitAsync(Eventually.Patience);
        await platform.RefusesToConnect(device.Certificate, device.ThingName);

        await platform.Operator.Revocation(Order("certificate", device.CertificateId, ("action", "reinstate")), CancellationToken.None);
        await Eventually.Holds(async () =>
        {
            await using var again = await platform.Connects(device);
        });
    }

    [Fact]
    public async Task A_deactivated_device_is_cut_off_and_comes_back_when_activated()
    {
        var device = await platform.ProvisionsDevice("deactivated");
        await using var session = await platform.Connects(device);

        await platform.Operator.UpdateCertificate(device.CertificateId, "INACTIVE", CancellationToken.None);
        await session.Closed.WaitAsync(Eventually.Patience);
        await platform.RefusesToConnect(device.Certificate, device.ThingName);

        await platform.Operator.UpdateCertificate(device.CertificateId, "ACTIVE", CancellationToken.None);
        await Eventually.Holds(async () =>
        {
            await using var again = await platform.Connects(device);
        });
    }

    static JsonObject Order(string kind, string value, params (string Name, string Value)[] more)
    {
        var order = new JsonObject { ["selector"] = new JsonObject { [kind] = value } };
        foreach (var (name, text) in more) order[name] = text;
        return order;
    }

    static JsonObject With(JsonObject order, string name, JsonNode value)
    {
        var changed = order.DeepClone().AsObject();
        changed[name] = value;
        return changed;
    }
}
