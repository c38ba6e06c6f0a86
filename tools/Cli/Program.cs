using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FleetPlatform.Cli.Commands;
using Spectre.Console;

// Into a pipe or a file: plain text, one line a line.
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Capabilities.Ansi = false;
    AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
    AnsiConsole.Profile.Width = 400;
}

var root = new Command("./fleet", "FleetPlatform: identities for IoT devices, for life. ./fleet help lists all that it does.")
{
    new HelpOption(),
    QuickstartCommand.Create(),
    SimulateCommand.Create(),
    TemplateCommand.Create(),
    ClaimCommand.Create(),
    DeviceCommand.Create(),
    FactoryCommand.Create(),
    BulkCommand.Create(),
    WhyCommand.Create(),
    EventsCommand.Create(),
    AuditCommand.Create(),
    LogCommand.Create(),
    RevokeCommand.Create(),
    RevokeCommand.CreateReinstate(),
    RotationCommand.Create(),
    TrustCommand.Create(),
    AuthorityCommand.Create(),
    KeysCommand.Create(),
    GroupCommand.Create(),
    TypeCommand.Create(),
    BillingCommand.Create(),
    TagCommand.Create(),
    PolicyCommand.Create(),
    ThingCommand.Create(),
};

var parsed = root.Parse(args);
var code = await parsed.InvokeAsync();
return parsed.Action is ParseErrorAction ? 2 : code; // 1 is a command that ran and failed
