using System.Diagnostics;
using FleetPlatform.Cli.Factory;

namespace FleetPlatform.Cli.Tests.Factory;

/// <summary>The script for mcumgr, run as the documentation says, with a program in mcumgr's place that takes down what it is asked for.</summary>
public sealed class DeviceFormatsTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-formats-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Both_files_are_written_over_the_serial_port()
    {
        Run(@"303\n680\nDone\n", "/dev/ttyACM0").ShouldBe(0);
        Asked().ShouldBe([
            "--conntype serial --connstring dev=/dev/ttyACM0,baud=115200 fs upload device.cert.pem /lfs1/device.cert.pem",
            "--conntype serial --connstring dev=/dev/ttyACM0,baud=115200 fs upload device.private.key /lfs1/device.private.key",
        ]);
    }

    [Fact]
    public void A_file_that_the_device_refuses_ends_the_script_although_mcumgr_ends_with_0()
    {
        Run(@"0\nError: 8\n", "/dev/ttyACM0").ShouldBe(1);
        Asked().Length.ShouldBe(1);
    }

    [Fact]
    public void Without_a_serial_port_nothing_is_asked_for()
    {
        Run(@"Done\n").ShouldNotBe(0);
        File.Exists(Path.Combine(_folder, "asked")).ShouldBeFalse();
    }

    string[] Asked() => File.ReadAllLines(Path.Combine(_folder, "asked"));

    int Run(string says, params string[] arguments)
    {
        var formats = new DeviceFormats { Formats = ["zephyr"], PartitionBytes = NvsPartition.MinimumBytes, ZephyrPath = "/lfs1" };
        formats.Write(new(_folder), "certificate", "key");
        new DeviceFolder(_folder).WriteScript("mcumgr", $"#!/bin/sh\necho \"$@\" >> asked\nprintf '{says}'\n");

        var start = new ProcessStartInfo(Path.Combine(_folder, DeviceFormats.Commands), arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_folder}:{start.Environment["PATH"]}";
        using var script = Process.Start(start)!;
        script.WaitForExit();
        return script.ExitCode;
    }
}
