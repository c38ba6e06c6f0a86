using FleetPlatform.Cli.Factory;

namespace FleetPlatform.Cli.Tests.Factory;

public sealed class ManifestTests : IDisposable
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    readonly string _folder = Directory.CreateTempSubdirectory("fleet-manifest-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    string Path => System.IO.Path.Combine(_folder, Manifest.File);

    [Fact]
    public void What_is_added_is_done_also_for_the_next_run()
    {
        Add("SL1", "SL2");
        Add("SL3");

        using (var manifest = Manifest.Open(_folder)) manifest.Done.Keys.ShouldBe(["SL1", "SL2", "SL3"], ignoreOrder: true);
        var lines = Manifest.Read(_folder);
        lines.Select(line => line.Previous).ShouldBe([ManifestLine.First, lines[0].Hash, lines[1].Hash]);
    }

    [Fact]
    public void A_line_that_a_crash_cut_short_is_taken_away_and_no_other()
    {
        Add("SL1", "SL2");
        var whole = File.ReadAllText(Path);
        File.WriteAllText(Path, whole[..^20]);

        using (var manifest = Manifest.Open(_folder)) manifest.Done.Keys.ShouldBe(["SL1"]);
        Add("SL2");
        File.ReadAllText(Path).ShouldBe(whole);
    }

    [Theory]
    [InlineData("SL2", "SLX"), InlineData("aaaa", "bbbb")]
    public void A_changed_line_is_found_out(string from, string to)
    {
        Add("SL1", "SL2", "SL3");
        File.WriteAllText(Path, File.ReadAllText(Path).Replace(from, to, StringComparison.Ordinal));
        Should.Throw<CommandFailedException>(() => Manifest.Read(_folder)).Message.ShouldContain("is not what was written");
    }

    [Fact]
    public void A_line_taken_out_is_found_out()
    {
        Add("SL1", "SL2", "SL3");
        var lines = File.ReadAllLines(Path);
        File.WriteAllLines(Path, [lines[0], lines[2]]);
        Should.Throw<CommandFailedException>(() => Manifest.Read(_folder)).Message.ShouldContain("line 2");
    }

    [Fact]
    public void Two_commands_never_write_one_manifest()
    {
        using var first = Manifest.Open(_folder);
        Should.Throw<CommandFailedException>(() => Manifest.Open(_folder)).Message.ShouldContain("Another command");
    }

    void Add(params string[] serials)
    {
        using var manifest = Manifest.Open(_folder);
        manifest.Add(serials.Select(serial => new ManifestEntry(serial, $"thing-{serial}", new('a', 64), new('b', 64), Noon)));
    }
}
