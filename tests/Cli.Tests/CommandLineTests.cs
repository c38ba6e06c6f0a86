using System.CommandLine;

namespace FleetPlatform.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public async Task A_command_that_is_interrupted_ends_as_shells_expect()
    {
        using var stop = new CancellationTokenSource();
        var command = new Command("wait").RunsAlone((_, cancellation) =>
        {
            stop.Cancel();
            cancellation.ThrowIfCancellationRequested();
            return Task.FromResult(0);
        });

        (await command.Parse([]).InvokeAsync(cancellationToken: stop.Token)).ShouldBe(130);
    }
}
