using FleetPlatform.Cli.Commands;
using FleetPlatform.Device;

namespace FleetPlatform.Stories;

/// <summary>The reference device's own state machine, many times over, as <c>fleet simulate</c> runs it.</summary>
public sealed class SimulationStories(Platform platform)
{
    [Theory]
    [InlineData(PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256)]
    [InlineData(PayloadFormat.Cbor, KeyOrigin.DeviceEcdsaP256)]
    [InlineData(PayloadFormat.Json, KeyOrigin.Server)]
    [InlineData(PayloadFormat.Cbor, KeyOrigin.Server)]
    public async Task A_small_fleet_provisions(PayloadFormat format, KeyOrigin key)
    {
        var claim = await platform.Claim(Platform.Template);

        var summary = await new FleetSimulator(new()
        {
            Devices = 8,
            Parallel = 4,
            Claim = new(claim.CertificatePem, claim.PrivateKeyPem),
            Device = SimulateCommand.Firmware(platform.Endpoints, format, key, Platform.Template),
        }).Run(cancellation: TestContext.Current.CancellationToken);

        summary.FailuresByReason.ShouldBeEmpty();
        summary.Succeeded.ShouldBe(8);
    }
}
