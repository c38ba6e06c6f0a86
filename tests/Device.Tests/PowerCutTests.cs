namespace FleetPlatform.Device.Tests;

/// <summary>The power goes at every single file operation, and after every single step; the device comes back each time.</summary>
public sealed class PowerCutTests : IAsyncLifetime
{
    readonly string _root = Directory.CreateTempSubdirectory("fleet-device-").FullName;
    PlatformStandIn _platform = null!;

    public async ValueTask InitializeAsync() => _platform = await PlatformStandIn.Start();

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_device_survives_a_power_cut_at_every_file_operation()
    {
        var operations = new List<string>();
        for (var cut = 1; ; cut++)
        {
            var (folder, counted) = (NewFolder(cut), 0);
            new FileCredentialStore(folder).StoreClaim(_platform.Claim);
            var store = new FileCredentialStore(folder, operation =>
            {
                if (++counted != cut) return;
                operations.Add(operation);
                throw new PowerCutException();
            });
            try
            {
                await new ReferenceDevice(_platform.Options(), store).Provision(TestContext.Current.CancellationToken);
                break; // there was no operation left to cut
            }
            catch (PowerCutException)
            {
                await ComesBack(folder, operations[^1]);
            }
        }

        // Three operations for each of key, certificate and identity, and two deletions.
        operations.Count.ShouldBe(11);
    }

    [Fact]
    public async Task A_device_survives_a_power_cut_after_every_step()
    {
        foreach (var cut in Enum.GetValues<DeviceStep>().Where(step => step <= DeviceStep.DeleteClaim))
        {
            var folder = NewFolder((int)cut);
            var store = new FileCredentialStore(folder);
            store.StoreClaim(_platform.Claim);
            var steps = new Steps(report =>
            {
                if (report.Step == cut) throw new PowerCutException();
            });

            await Should.ThrowAsync<PowerCutException>(() => new ReferenceDevice(_platform.Options(), store, steps).Provision(TestContext.Current.CancellationToken));

            await ComesBack(folder, $"{cut}");
        }
    }

    [Fact]
    public async Task A_device_survives_a_second_power_cut_while_it_comes_back()
    {
        for (var cut = 1; cut <= 11; cut++)
        {
            var folder = NewFolder(cut);
            new FileCredentialStore(folder).StoreClaim(_platform.Claim);
            foreach (var at in (int[])[cut, 12 - cut])
            {
                var counted = 0;
                try
                {
                    await new ReferenceDevice(_platform.Options(), new FileCredentialStore(folder, _ =>
                    {
                        if (++counted == at) throw new PowerCutException();
                    })).Provision(TestContext.Current.CancellationToken);
                }
                catch (PowerCutException)
                {
                    // and again
                }
            }

            await ComesBack(folder, $"operations {cut} and {12 - cut}");
        }
    }

    async Task ComesBack(string folder, string after)
    {
        var store = new FileCredentialStore(folder);
        var usable = store.ReadClaim() is not null || (store.ReadDevice() is { } device && _platform.IsActive(device.CertificateId));
        usable.ShouldBeTrue(after);

        var identity = await new ReferenceDevice(_platform.Options(), store).Provision(TestContext.Current.CancellationToken);

        store.ReadClaim().ShouldBeNull(after);
        store.ReadDevice()!.CertificateId.ShouldBe(identity.CertificateId, after);
        _platform.IsActive(identity.CertificateId).ShouldBeTrue(after);
        Directory.GetFiles(folder).Select(Path.GetFileName).Except([FileCredentialStore.IdentitySlot]).ShouldBe(
            [FileCredentialStore.DeviceCertificateSlot, FileCredentialStore.DeviceKeySlot], ignoreOrder: true, after);
    }

    string NewFolder(int number) => Path.Combine(_root, $"{number}");

    sealed class PowerCutException : Exception;
}
