using System.Globalization;

namespace FleetPlatform.Cli.Commands;

/// <summary>What this machine lets one process have open: each connected device is a descriptor and a local port of its own.</summary>
static class ConnectionLimits
{
    const int OwnDescriptors = 256;
    const int PortsPerDevice = 2; // a connection that has ended keeps its port for a minute (TIME-WAIT, RFC 9293 §3.6.1), and each device ends one when it rotates

    /// <summary>Why so many devices cannot be connected at once, and what helps; null when they can.</summary>
    /// <param name="devices">How many are to be.</param>
    /// <param name="descriptors">The process's limit of open files.</param>
    /// <param name="ports">Local ports that connections can have.</param>
    public static (string Problem, string Remedy)? Refuse(int devices, long descriptors, long ports) => devices switch
    {
        _ when devices + OwnDescriptors > descriptors => (
            $"{devices} connected devices need {devices + OwnDescriptors} open files, and this process may have {descriptors}.",
            $"Raise the limit where this is started (ulimit -Hn {devices + OwnDescriptors}) and where the gateway is, or take fewer devices."),
        _ when (long)devices * PortsPerDevice > ports => (
            $"{devices} connected devices that rotate need {(long)devices * PortsPerDevice} local ports, and this machine has {ports}.",
            "Widen the range (sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"), or take fewer devices."),
        _ => null,
    };

    /// <exception cref="CommandFailedException">So many cannot be connected at once from here.</exception>
    public static void Check(int devices)
    {
        if (OperatingSystem.IsLinux() && Refuse(devices, Descriptors(), Ports()) is { } refusal) throw new CommandFailedException(refusal.Problem, refusal.Remedy);
    }

    // "Max open files  soft  hard  files"; the runtime has raised the soft limit to the hard one.
    static long Descriptors() => File.ReadLines("/proc/self/limits").Select(Words).First(words => words is ["Max", "open", "files", ..])[3] is var text
        && long.TryParse(text, CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue;

    static long Ports() => Words(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range")) is [var first, var last]
        ? long.Parse(last, CultureInfo.InvariantCulture) - long.Parse(first, CultureInfo.InvariantCulture) + 1
        : long.MaxValue;

    static string[] Words(string line) => line.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
