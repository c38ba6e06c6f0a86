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
        var created = (await platform.Fleet.Run("device", "create", "lock-7", "--out", folder, "--attributes", "line=7", "model=L1")).Succeeded().Output;

        created.ShouldContain("lock-7 has certificate");
        File.GetUnixFileMode(Path.Combine(folder, "device.private.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllText(Path.Combine(folder, "root-ca.pem")).ShouldBe(File.ReadAllText(platform.Endpoints.RootCa));
        await Connects(folder, "lock-7");
        (await platform.Fleet.Run("why", "lock-7")).Succeeded().Output.ShouldContain("certificate issued");

        var again = await platform.Fleet.Run("device", "create", "lock-7", "--out", Path.Combine(_folder, "impostor"));
        again.ExitCode.ShouldBe(1);
        again.Output.ShouldContain("already-provisioned");
    }

    [Fact]
    public async Task A_command_that_was_cut_short_is_finished_by_running_it_again()
    {
        var (first, second) = (Path.Combine(_folder, "first"), Path.Combine(_folder, "second"));
        (await platform.Fleet.Run("device", "create", "lock-8", "--out", first)).Succeeded();
        Directory.CreateDirectory(second);
        File.Copy(Path.Combine(first, "device.private.key"), Path.Combine(second, "device.private.key")); // what a crash before the answer leaves

        (await platform.Fleet.Run("device", "create", "lock-8", "--out", second)).Succeeded();

        File.ReadAllText(Path.Combine(second, "device.cert.pem")).ShouldBe(File.ReadAllText(Path.Combine(first, "device.cert.pem")));
        (await platform.Operator.ListThingPrincipals("lock-8", CancellationToken.None)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_is_registered_once_laid_out_for_its_firmware_and_gone_on_with_after_a_crash()
    {
        var folder = Path.Combine(_folder, "batch-7");
        string[] batch = ["factory", "batch", "--count", "12", "--serial-format", "SL{0:D9}", "--first", "71", "--out", folder, "--format", "nvs,nvs-csv,zephyr"];
        (await platform.Fleet.Run(batch)).Succeeded().Output.ShouldContain("12 of 12 devices have their certificate, 0 were refused");
        (await platform.Fleet.Run("factory", "verify", folder)).Succeeded().Output.ShouldContain("12 devices are as the manifest says");
        var device = Path.Combine(folder, "devices", "SL000000075");
        await Connects(device, "SL000000075");
        File.GetUnixFileMode(Path.Combine(device, "nvs.bin")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllText(Path.Combine(device, "nvs.csv")).ShouldContain("client_key,file,string,device.private.key");
        File.ReadAllText(Path.Combine(device, "mcumgr.sh")).ShouldContain("fs upload");

        // As after a crash: half of the manifest is lost, with its last line cut, and a device has its key and no certificate.
        var before = Directory.GetFiles(folder, "device.cert.pem", SearchOption.AllDirectories).ToDictionary(path => path, File.ReadAllText);
        var manifest = Path.Combine(folder, "manifest.jsonl");
        File.WriteAllText(manifest, string.Join('\n', File.ReadAllLines(manifest)[..6])[..^10]);
        File.Delete(Path.Combine(folder, "devices", "SL000000080", "device.cert.pem"));
        (await platform.Fleet.Run(batch)).Succeeded().Output.ShouldContain("5 of 12 are done already");

        foreach (var (path, certificate) in before) File.ReadAllText(path).ShouldBe(certificate);
        (await platform.Fleet.Run("factory", "verify", folder)).Succeeded();
        (await platform.Operator.ListThingPrincipals("SL000000080", CancellationToken.None)).Count.ShouldBe(1);

        var other = await platform.Fleet.Run([.. batch[..^2], "--attributes", "line=8"]);
        other.ExitCode.ShouldBe(1);
        other.Output.ShouldContain("holds another batch");
    }

    [Fact]
    public async Task A_template_of_the_platform_decides_for_a_batch_and_what_it_refuses_is_told()
    {
        await platform.CreatesTemplate("line-9");
        var (folder, list) = (Path.Combine(_folder, "batch-9"), Path.Combine(_folder, "vendor.csv"));
        File.WriteAllText(list, "box;serial\n1;L9-1\n2;L9:2\n");

        (await platform.Fleet.Run("factory", "batch", "--serials", list, "--out", folder, "--template", "line-9", "--key-type", "rsa2048")).Succeeded();
        var again = await platform.Fleet.Run("factory", "batch", "--serials", list, "--out", Path.Combine(_folder, "again"), "--template", "no-such");

        (await platform.Events("thing-L9-1")).ShouldBe(["thing.registered.v1"]);
        again.ExitCode.ShouldBe(1);
        again.Output.ShouldContain("template-not-found");
    }

    [Fact]
    public async Task A_file_of_parameters_and_a_template_register_many_at_once()
    {
        string[] things = ["Bulk-11", "Bulk-12", "Bulk/13", "Bulk-14"];
        var csv = string.Concat(things.Select(thing => $"{thing},\"{Platform.OwnRequest(thing)}\"\n"));
        var (input, template, folder) = (Path.Combine(_folder, "devices.csv"), Path.Combine(_folder, "bulk.json"), Path.Combine(_folder, "report"));
        File.WriteAllText(input, $"ThingName,CSR\n{csv}");
        File.WriteAllText(template, """
            {"Parameters": {"ThingName": {"Type": "String"}, "CSR": {"Type": "String"}},
             "Resources": {
               "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
               "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}},
               "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "stories-device"}}}}
            """);

        var started = await platform.Fleet.Run("bulk", "start", input, "--template-file", template, "--wait", "--out", folder);

        started.ExitCode.ShouldBe(1); // one line failed
        started.Output.ShouldContain("Completed  100 %, 3 registered, 1 failed");
        File.ReadAllLines(Path.Combine(folder, "results.jsonl")).Length.ShouldBe(3);
        File.ReadAllText(Path.Combine(folder, "errors.jsonl")).ShouldContain("\"lineNumber\":3");
        (await platform.Operator.ListThingPrincipals("Bulk-14", CancellationToken.None)).Count.ShouldBe(1);
        (await platform.Fleet.Run("bulk", "list")).Succeeded().Output.ShouldContain("3 registered, 1 failed");
    }

    [Fact]
    public async Task A_vendors_list_of_certificates_is_imported_once_and_each_fault_is_told()
    {
        var serials = Enumerable.Range(0, 3).Select(_ => platform.NewSerial("IMP")).ToArray();
        using var ca = new OwnCa("vendor");
        var devices = serials.Select(ca.Signs).ToArray();
        var (list, folder) = (Path.Combine(_folder, "vendor.csv"), Path.Combine(_folder, "delivery-3"));
        var rows = serials.Zip(devices, (serial, device) => $"{serial},\"{device.ExportCertificatePem()}\"\n").ToArray();
        string[] import = ["factory", "import", list, "--out", folder, "--attributes", "delivery=3"];

        File.WriteAllText(list, $"serial,certificate\n{rows[0]}{rows[1]}{serials[2]},missing.pem\n");
        var first = await platform.Fleet.Run(import);
        first.ExitCode.ShouldBe(1);
        first.Output.ShouldContain("2 of 3 devices registered, 1 refused");
        File.ReadAllLines(Path.Combine(folder, "errors.jsonl")).Single().ShouldContain("\"code\":\"certificate-invalid\"");
        await using (await platform.Connects(devices[0], serials[0], ProtocolVersion.V500))
        {
        }

        // Corrected, and half of what was written lost: nothing is registered twice.
        File.WriteAllText(list, $"serial,certificate\n{string.Concat(rows)}");
        var manifest = Path.Combine(folder, "manifest.jsonl");
        File.WriteAllLines(manifest, File.ReadAllLines(manifest)[..1]);
        (await platform.Fleet.Run(import)).Succeeded().Output.ShouldContain("2 of 3 devices registered, 0 refused");
        (await platform.Fleet.Run("factory", "verify", folder)).Succeeded().Output.ShouldContain("3 devices are as the manifest says");
        foreach (var serial in serials) (await platform.Operator.ListThingPrincipals(serial, CancellationToken.None)).Count.ShouldBe(1);

        var unsigned = await platform.Fleet.Run("factory", "import", list, "--out", Path.Combine(_folder, "strict"), "--registered-ca", "--reprovisioning", "keep");
        unsigned.ExitCode.ShouldBe(1);
        unsigned.Output.ShouldContain("0 of 3 devices registered, 3 refused");
    }

    async Task Connects(string folder, string thing)
    {
        using var key = KeyPair.FromPem(File.ReadAllText(Path.Combine(folder, "device.private.key")));
        using var certificate = key.ToX509(File.ReadAllText(Path.Combine(folder, "device.cert.pem")));
        await using var connection = await platform.Connects(certificate, thing, ProtocolVersion.V500);
    }
}
