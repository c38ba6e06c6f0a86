using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using FleetPlatform.Device;

namespace FleetPlatform.Stories;

/// <summary>The reference device as firmware engineers run it: a program, and a folder that is its flash.</summary>
public sealed class DeviceProgramStories(Platform platform)
{
    const string Template = "rotation-program";
    readonly RotatingDevices _devices = new(platform);

    [Fact]
    public async Task It_provisions_rotates_when_told_and_comes_back_after_a_power_cut_with_the_pair_that_works()
    {
        await _devices.Prepare(Template);
        var flash = Directory.CreateTempSubdirectory("fleet-device-");
        try
        {
            var (serial, claim) = (platform.NewSerial("program"), await platform.Claim(Template));
            await File.WriteAllTextAsync($"{flash.FullName}/claim.pem", claim.CertificatePem);
            await File.WriteAllTextAsync($"{flash.FullName}/claim.key", claim.PrivateKeyPem);
            string[] firmware =
            [
                "operate", "--host", platform.Endpoints.MqttHost, "--port", platform.Endpoints.MqttPort.ToString(CultureInfo.InvariantCulture),
                "--root-ca", platform.Endpoints.RootCa, "--template", Template, "--store", $"{flash.FullName}/slots", "--parameter", $"SerialNumber={serial}",
            ];
            using (var device = new Powered([.. firmware, "--claim-cert", $"{flash.FullName}/claim.pem", "--claim-key", $"{flash.FullName}/claim.key"]))
            {
                await device.Says("Connected: ");
                await _devices.Starts(serial);
                await Eventually.Holds(async () => (await _devices.Latest(serial)).Phase.ShouldBe("completed"));
            }

            var store = new FileCredentialStore($"{flash.FullName}/slots");
            var rotated = (await _devices.Latest(serial)).NewCertificateId!;
            (store.ReadSlots().InUse, store.ReadDevice()!.CertificateId, store.ReadClaim()).ShouldBe((1, rotated, null));
            store.ReadSlot(0).ShouldNotBeNull();
            using var again = new Powered(firmware);
            await again.Says($"Connected: certificate {rotated}");
        }
        finally
        {
            flash.Delete(recursive: true);
        }
    }

    /// <summary>A device that is switched on; disposing cuts its power.</summary>
    sealed class Powered : IDisposable
    {
        readonly Process _process;
        readonly ConcurrentQueue<string> _lines = [];

        public Powered(string[] arguments)
        {
            _process = Process.Start(new ProcessStartInfo("dotnet", [typeof(ReferenceDevice).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
            DataReceivedEventHandler keep = (_, line) => _lines.Enqueue(line.Data ?? "");
            _process.OutputDataReceived += keep;
            _process.ErrorDataReceived += keep;
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public Task Says(string text) => Eventually.Holds(() =>
        {
            _lines.ShouldContain(line => line.Contains(text, StringComparison.Ordinal), string.Join('\n', _lines));
            return Task.CompletedTask;
        });

        public void Dispose()
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
