using System.CommandLine;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Cli.Factory;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet factory import</c>: devices whose certificates were made elsewhere, by the vendor's list.</summary>
static class ImportCommand
{
    static readonly Argument<string> Source = new("list") { Description = "CSV or JSON with columns serial and certificate (PEM, base64 of DER, or a file's name), or a folder of certificates." };
    static readonly Option<string> Out = new("--out") { Description = "Folder of the import. Run the same command again to go on with one that was cut short.", Required = true };
    static readonly Option<bool> CommonName = new("--serial-from-common-name") { Description = "The certificate's common name is the serial number." };
    static readonly Option<bool> RequireAuthority = new("--registered-ca") { Description = "Takes only certificates that a CA has signed that is registered here (./fleet trust)." };

    public static Command Create()
    {
        var import = new Command("import", "Registers devices with certificates made elsewhere.") { Source, Out, CommonName, RequireAuthority, FactoryCommand.Parallel };
        LineOptions.AddTo(import);
        return import.Runs(Run);
    }

    static async Task<int> Run(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var devices = VendorManifest.Read(parsed.GetValue(Source)!, parsed.GetValue(CommonName));
        var folder = Directory.CreateDirectory(parsed.GetValue(Out)!).FullName;
        using var manifest = Manifest.Open(folder);
        var order = new ImportOrder
        {
            Batch = Guid.CreateVersion7().ToString("N"),
            Registration = await LineOptions.Read(parsed, controlPlane, cancellation),
            RequireAuthority = parsed.GetValue(RequireAuthority),
        }.Settle(folder);

        var before = manifest.Done.Count;
        if (before > 0) AnsiConsole.MarkupLineInterpolated($"{before} are done already");
        var run = new RunImport(controlPlane, order, manifest, TimeProvider.System);
        var (registered, errors) = await run.Handle(devices, Math.Clamp(parsed.GetValue(FactoryCommand.Parallel), 1, 64), Tell, cancellation);
        run.WriteErrors(folder);

        foreach (var error in errors.Take(20)) AnsiConsole.MarkupLineInterpolated($"[red]{error.Origin}[/]  {error.Serial}  {error.Code}: {error.Message}");
        AnsiConsole.MarkupLineInterpolated($"{registered} of {devices.Count} devices registered, {errors.Count} refused");
        AnsiConsole.MarkupLineInterpolated($"  {Path.Combine(folder, Manifest.File)}, {Path.Combine(folder, RunImport.Errors)}");
        return errors.Count == 0 ? 0 : 1;

        void Tell(int done)
        {
            if (!Console.IsOutputRedirected) AnsiConsole.Write($"\r{before + done} of {devices.Count}");
        }
    }
}
