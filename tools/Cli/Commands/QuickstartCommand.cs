using System.CommandLine;
namespace FleetPlatform.Cli.Commands;
static class QuickstartCommand { public static Command Create() => new("quickstart"); }
