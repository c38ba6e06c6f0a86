using FleetPlatform.Mqtt;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

public sealed class RevocationStories(Platform platform)
{
    [Fact]
    public async Task A_revoked_device_is_cut_off_at_once_and_stays_out()
    {
        var device = await platform.ProvisionsDevice("revoked");
        await using var session = await platform.Connects(device);
        await session.Publish($"devices/{device.ThingName}/telemetry", "21.5"u8.ToArray(), QoS.AtLeastOnce);

        await platform.Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);

        var goodbye = await session.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        goodbye?.Reason.ShouldBe(ReasonCode.AdministrativeAction);
        await platform.RefusesToConnect(device.Certificate, device.ThingName);
        (await platform.Events($"principal-{device.CertificateId}")).ShouldContain("principal.revoked.v1");
        (await platform.Events($"revocation-{device.CertificateId}")).ShouldContain("revocation.recorded.v1");
    }

    [Fact]
    public async Task A_deactivated_device_is_cut_off_and_comes_back_when_activated()
    {
        var device = await platform.ProvisionsDevice("deactivated");
        await using var session = await platform.Connects(device);

        await platform.Operator.UpdateCertificate(device.CertificateId, "INACTIVE", CancellationToken.None);
        await session.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        await platform.RefusesToConnect(device.Certificate, device.ThingName);

        await platform.Operator.UpdateCertificate(device.CertificateId, "ACTIVE", CancellationToken.None);
        await Eventually.Holds(async () =>
        {
            await using var again = await platform.Connects(device);
        });
    }
}
