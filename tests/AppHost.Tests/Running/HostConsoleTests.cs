using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class HostConsoleTests
{
    static string Written(bool coloured, Action<HostConsole> act, bool showsOutput = true)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        act(new HostConsole(writer, nameWidth: 8, coloured, showsOutput));
        return writer.ToString();
    }

    [Fact]
    public void On_a_terminal_each_resource_has_its_colour_and_good_and_bad_news_theirs()
    {
        Written(coloured: true, console => console.Output("bus", 33, "a line")).ShouldBe("\e[33mbus      |\e[0m a line\n");
        Written(coloured: true, console => console.Line("bus", 33, "healthy", LogTone.Good)).ShouldBe("\e[33mbus      |\e[32m healthy\e[0m\n");
        Written(coloured: true, console => console.Line("bus", 33, "ended", LogTone.Bad)).ShouldBe("\e[33mbus      |\e[31m ended\e[0m\n");
    }

    [Fact]
    public void In_a_pipe_there_are_no_escapes() =>
        Written(coloured: false, console => console.Line("bus", 33, "ended", LogTone.Bad)).ShouldBe("bus      | ended\n");

    [Fact]
    public void A_quiet_console_shows_what_the_host_says_and_not_what_resources_print() =>
        Written(coloured: false, showsOutput: false, act: console =>
        {
            console.Output("bus", 33, "a line");
            console.Line("bus", 33, "healthy", LogTone.Good);
        }).ShouldBe("bus      | healthy\n");
}
