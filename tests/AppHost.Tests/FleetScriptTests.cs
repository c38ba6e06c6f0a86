using FleetPlatform.TestKit;

namespace FleetPlatform.AppHost.Tests;

/// <summary><c>./fleet</c> itself; what it passes on is the command line's, and the stories'.</summary>
public sealed class FleetScriptTests
{
    [Theory]
    [InlineData("down", "--nonsense", "'--nonsense'"), InlineData("reset", "--nonsense", "'--nonsense'"), InlineData("doctor", "now", "'now'")]
    [InlineData("down", "--fleet-directory", "needs a folder"), InlineData("test", "Nonsense.Tests", "AppHost.Tests")]
    public async Task What_a_verb_does_not_know_is_refused_with_code_2(string verb, string word, string told)
    {
        var refused = await Fleet(verb, word);

        refused.ExitCode.ShouldBe(2);
        refused.Errors.ShouldContain(told);
    }

    [Fact]
    public async Task Where_nothing_runs_there_is_nothing_to_stop_or_to_drop()
    {
        using var folder = new TemporaryFolder();

        (await Fleet("down", "--fleet-directory", folder.Path)).Errors.ShouldContain("Nothing runs from");
        var reset = await Fleet("reset", $"--fleet-directory={folder.Path}");
        reset.ExitCode.ShouldBe(1);
        reset.Errors.ShouldContain("is not a fleet directory");
        Directory.Exists(folder.Path).ShouldBeTrue();
    }

    [Fact]
    public async Task Doctor_tells_what_troubles_a_part()
    {
        using var folder = new TemporaryFolder();
        using var self = System.Diagnostics.Process.GetCurrentProcess(); // AppHost.Tests: taken for a host
        await File.WriteAllTextAsync(folder.In("state.json"), $$"""
            {
              "pid": {{self.Id}},
              "startTicks": 1,
              "resources": {
                "bus": {
                  "kind": "configured",
                  "state": "Healthy",
                  "restarts": 0,
                  "ports": {},
                  "log": "/x"
                },
                "postgres": {
                  "kind": "configured",
                  "state": "Unhealthy",
                  "trouble": "database \"late\" does not exist",
                  "restarts": 0,
                  "ports": {},
                  "log": "/x"
                }
              }
            }
            """, TestContext.Current.CancellationToken);

        var told = (await Fleet("doctor", "--fleet-directory", folder.Path)).Output;

        told.ShouldMatch("bus +Healthy\n");
        told.ShouldMatch("postgres +Unhealthy  database \"late\" does not exist\n");
    }

    static Task<CommandResult> Fleet(params string[] words) => Command.Run(Path.Combine(Repository.Root, "fleet"), words);
}
