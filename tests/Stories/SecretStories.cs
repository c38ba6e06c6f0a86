using System.Text;

namespace FleetPlatform.Stories;

/// <summary>A private key that the platform made for a device is nowhere once the device has it.</summary>
public sealed class SecretStories(Platform platform)
{
    [Fact]
    public async Task A_devices_private_key_is_in_no_file_log_event_queue_or_export()
    {
        await using var claim = await platform.ConnectsWithClaim(platform.NewSerial("canary"));
        var created = await claim.Ask(Exchange.CreateKeys, "");
        var canary = Lines(created.Body["privateKey"]!.GetValue<string>());
        var token = created.Body["certificateOwnershipToken"]!.GetValue<string>();

        // The database's files hold the events, the broker's its queues; the host's output and the logs are beside them.
        var found = Search(platform.Fleet.Directory, [.. canary, token]);

        found.ShouldBeEmpty();
        platform.Fleet.Output.ShouldNotContain(canary[0]);
        foreach (var export in platform.Telemetry.Logs) Holds(export, [.. canary.Select(Encoding.ASCII.GetBytes)]).ShouldBeFalse();
        (await claim.Registers(Platform.Template, token, ("SerialNumber", platform.NewSerial("canary")))).Topic.ShouldEndWith("/accepted");
    }

    // Any whole line of the PEM's body would give the key away.
    internal static string[] Lines(string pem) => [.. pem.Split('\n').Where(line => line.Length == 64)];

    internal static List<string> Search(string folder, IReadOnlyList<string> needles)
    {
        var bytes = needles.Select(Encoding.ASCII.GetBytes).ToArray();
        return [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Device })
            .Where(path => !path.Contains("/devices/", StringComparison.Ordinal))
            .Where(path => Holds(Read(path), bytes))];
    }

    static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            return []; // a socket, or a file that the database has just removed
        }
    }

    static bool Holds(byte[] haystack, IEnumerable<byte[]> needles) => needles.Any(needle => haystack.AsSpan().IndexOf(needle) >= 0);
}
