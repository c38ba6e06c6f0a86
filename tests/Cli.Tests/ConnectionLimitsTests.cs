using FleetPlatform.Cli.Commands;

namespace FleetPlatform.Cli.Tests;

public sealed class ConnectionLimitsTests
{
    [Theory]
    [InlineData(5_000, 20_000, 28_232, null)]
    [InlineData(5_000, 1_024, 28_232, "5256 open files")]
    [InlineData(20_000, 1_048_576, 28_232, "40000 local ports")]
    [InlineData(1_000_000, long.MaxValue, 64_512, "2000000 local ports")]
    public void So_many_devices_as_descriptors_and_ports_allow_are_connected_at_once(int devices, long descriptors, long ports, string? lacks)
    {
        var refusal = ConnectionLimits.Refuse(devices, descriptors, ports);

        if (lacks is null) refusal.ShouldBeNull();
        else refusal!.Value.Problem.ShouldContain(lacks);
    }

    [Fact]
    public void One_device_is_always_possible() => Should.NotThrow(() => ConnectionLimits.Check(1));
}
