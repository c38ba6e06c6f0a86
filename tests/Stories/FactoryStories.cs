using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>The commands of docs/factory.md, as typed.</summary>
public sealed class FactoryStories(Platform platform) : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-factory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_device_made_by_hand_connects_with_the_files_that_were_written()
    {
        var folder = Path.Combine(_folder, "lock-7");
        var created = (await Run("device", "create", "lock-7", "--out", folder, "--attributes", "line=7", "model=L1")).Succeeded().Output;

        created.ShouldContain("lock-7 has certificate");
        File.GetUnixFileMode(Path.Combine(folder, "device.private.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllText(Path.Combine(folder, "root-ca.pem")).ShouldBe(File.ReadAllText(platform.Endpoints.RootCa));
        await Connects(folder, "lock-7");
        (await Run("why", "lock-7")).Succeeded().Output.ShouldContain("certificate issued");

        var again = await Run("device", "create", "lock-7", "--out", Path.Combine(_folder, "impostor"));
        again.ExitCode.ShouldBe(1);
        again.Output.ShouldContain("already-provisioned");
    }

    [Fact]
    public async Task A_command_that_was_cut_short_is_finished_by_running_it_again()
    {
        var (first, second) = (Path.Combine(_folder, "first"), Path.Combine(_folder, "second"));
        (await Run("device", "create", "lock-8", "--out", first)).Succeeded();
        Directory.CreateDirectory(second);
        File.Copy(Path.Combine(first, "device.private.key"), Path.Combine(second, "device.private.key")); // what a crash before the answer leaves

        (await Run("device", "create", "lock-8", "--out", second)).Succeeded();

        File.ReadAllText(Path.Combine(second, "device.cert.pem")).ShouldBe(File.ReadAllText(Path.Combine(first, "device.cert.pem")));
        (await platform.Operator.ListThingPrincipals("lock-8", CancellationToken.None)).Count.ShouldBe(1);
    }

    async Task Connects(string folder, string thing)
    {
        using var key = KeyPair.FromPem(File.ReadAllText(Path.Combine(folder, "device.private.key")));
        using var certificate = key.ToX509(File.ReadAllText(Path.Combine(folder, "device.cert.pem")));
        await using var connection = await platform.Connects(certificate, thing, ProtocolVersion.V500);
    }

    Task<CommandResult> Run(params string[] arguments) =>
        Command.Run(Path.Combine(Repository.Root, "fleet"), [.. arguments, "--fleet-directory", platform.Fleet.Directory], TimeSpan.FromMinutes(2));
}
