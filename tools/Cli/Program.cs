using System.CommandLine;
using FleetPlatform.Cli.Commands;

var root = new RootCommand("FleetPlatform: identities for IoT devices, for life.")
{
    QuickstartCommand.Create(),
    SimulateCommand.Create(),
    ClaimCommand.Create(),
    WhyCommand.Create(),
    EventsCommand.Create(),
    RevokeCommand.Create(),
};

return await root.Parse(args).InvokeAsync();
