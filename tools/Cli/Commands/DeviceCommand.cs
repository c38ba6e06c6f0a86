using System.CommandLine;
using System.Security.Cryptography;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Cli.Factory;
using FleetPlatform.Pki;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet device create</c>: one device with its certificate, made by hand. Its private key never leaves this machine.</summary>
static class DeviceCommand
{
    static readonly Argument<string> Name = new("name") { Description = "Name of the thing; with --template: the serial number." };
    static readonly Option<string?> Out = new("--out") { Description = "Folder for the files (default: the name)." };

    public static Command Create()
    {
        var create = new Command("create", $"Registers thing, certificate and policies, and writes {DeviceFolder.Certificate}, {DeviceFolder.PrivateKey} and {DeviceFolder.RootCa}.") { Name, Out, LineOptions.Key };
        LineOptions.AddTo(create);
        return new Command("device", "Devices that get their certificate here and not by themselves.") { create.Runs(Run) };
    }

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var name = parsed.GetValue(Name)!;
        var folder = new DeviceFolder(Path.GetFullPath(parsed.GetValue(Out) ?? name));
        if (folder.HasCertificate) throw new CommandFailedException($"{folder.Of(DeviceFolder.Certificate)} is there already.", "Give another folder with --out.");

        var registration = await LineOptions.Read(parsed, controlPlane, cancellation);
        using var key = folder.OpenKey(parsed.GetValue(LineOptions.Key));
        var items = await controlPlane.RegisterThings(
            registration.Order(BatchOf(key)), [registration.Item(name, key.CreateSigningRequest(name))], cancellation);
        if (items[0] is { Code: { } code } refused)
            throw new CommandFailedException($"{code}: {refused.Message}", $"{LineOptions.Remedy(code)} Then run the command again: it goes on with the same key.");

        folder.Write(DeviceFolder.Certificate, items[0].CertificatePem!);
        File.Copy(endpoints.RootCa, folder.Of(DeviceFolder.RootCa), overwrite: true);
        AnsiConsole.MarkupLineInterpolated($"{items[0].ThingName ?? name} has certificate {items[0].CertificateId}");
        AnsiConsole.MarkupLineInterpolated($"  {folder.Of(DeviceFolder.Certificate)}");
        AnsiConsole.MarkupLineInterpolated($"  {folder.Of(DeviceFolder.PrivateKey)}");
        AnsiConsole.MarkupLineInterpolated($"  {folder.Of(DeviceFolder.RootCa)}");
        AnsiConsole.MarkupLineInterpolated($"  connect to {endpoints.Mqtt} as client {items[0].ThingName ?? name}");
        return 0;
    }

    // The key names the request, so a command that was cut short is finished by running it again.
    static string BatchOf(KeyPair key)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(key.SubjectPublicKeyInfo));
        return $"{hash[..12]}7{hash[13..32]}";
    }
}
