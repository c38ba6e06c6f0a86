using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class FullDiskTests
{
    [Fact]
    public void A_full_disk_loses_lines_of_the_log_and_ends_nothing()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.In("logs"));
        File.CreateSymbolicLink(folder.In("logs/bus.log"), "/dev/full");
        using var writer = new StringWriter { NewLine = "\n" };

        using (var log = new ResourceLog(new HostConsole(writer, nameWidth: 3, coloured: false, showsOutput: true), new(folder.Path), "bus", index: 0))
        {
            log.Line("a line");
            log.Say("a remark");
        }

        writer.ToString().ShouldBe("bus | a line\nbus | a remark\n");
    }
}
