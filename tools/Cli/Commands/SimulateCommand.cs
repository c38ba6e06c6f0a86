using System.CommandLine;
namespace FleetPlatform.Cli.Commands;
static class SimulateCommand { public static Command Create() => new("simulate"); }
