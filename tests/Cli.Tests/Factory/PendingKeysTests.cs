using FleetPlatform.Cli.Factory;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Tests.Factory;

/// <summary>A key is never lost between the request for its certificate and the device's files.</summary>
public sealed class PendingKeysTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-pending-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_a_crash_leaves_is_found_by_the_next_run_and_forgotten_when_that_is_done()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var crashed = PendingKeys.Open(_folder);
        crashed.Find("SL1").ShouldBeNull();
        var kept = crashed.Keep([KeyValuePair.Create("SL1", key.PrivateKeyPem)]);
        File.GetUnixFileMode(kept).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var next = PendingKeys.Open(_folder);
        using (var found = next.Find("SL1")!) found.SubjectPublicKeyInfo.ShouldBe(key.SubjectPublicKeyInfo);
        next.Find("SL2").ShouldBeNull();
        PendingKeys.Forget(next.Keep([KeyValuePair.Create("SL1", key.PrivateKeyPem)]));
        next.ForgetAll();

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
        PendingKeys.Open(_folder).ForgetAll();
    }
}
