using System.CommandLine;
using FleetPlatform.Cli.Transparency;
using FleetPlatform.Pki;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet log verify</c>: audits the transparency log from outside, with no credentials and without trusting it (docs/pki.md).</summary>
static class LogCommand
{
    static readonly Option<string> Log = new("--log") { Description = "Where the log is, for example http://localhost:8880; remembered. Usually what the certificate names." };
    static readonly Option<FileInfo> Certificate = new("--certificate") { Description = "PEM: this certificate must be in the log." };
    static readonly Option<FileInfo> Key = new("--key") { Description = "The log's key, got from somebody you trust. Without it the first key that the log shows is remembered." };
    static readonly Option<string> Seen = new("--seen") { Description = "Where the key and the last checkpoint are remembered.", DefaultValueFactory = _ => "fleet-log.seen" };

    public static Command Create() => new("log", "The transparency log of issued and revoked certificates.")
    {
        new Command("verify", "Is the log signed, has it only grown, and is a certificate in it? Exit code 2 when not.") { Certificate, Log, Key, Seen }.RunsAlone(Verify),
    };

    static async Task<int> Verify(ParseResult parsed, CancellationToken cancellation)
    {
        var certificate = parsed.GetValue(Certificate) is { } file ? Read(file) : null;
        var path = parsed.GetValue(Seen)!;
        var before = SeenLog.Read(path);
        var address = parsed.GetValue(Log) ?? before?.Address ?? AddressIn(certificate)
            ?? throw new CommandFailedException("Where is the log?", "Name it with --log, or a certificate that says where its revocation can be looked up.");
        if (!Uri.TryCreate($"{address.TrimEnd('/')}/log/", UriKind.Absolute, out var uri)) throw new CommandFailedException($"{address} is no URL.", "For example http://localhost:8880.");
        using var http = new HttpClient { BaseAddress = uri, Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = 1 << 20 };
        var server = new LogServer(http);
        var key = parsed.GetValue(Key) is { } known ? await File.ReadAllTextAsync(known.FullName, cancellation) : before?.Key;
        if (key is null) AnsiConsole.MarkupLineInterpolated($"The log's key is taken from the log itself, this once. To be sure, compare it with what its operator told you.");
        var remembered = new SeenLog(address, (key ?? await server.ReadKey(cancellation)).Trim(), before?.Note);

        var verified = await VerifyLog.Run(server, remembered, certificate?.Id, cancellation);
        AnsiConsole.MarkupLineInterpolated($"key {remembered.Key}");
        foreach (var line in verified.Lines) AnsiConsole.MarkupLineInterpolated($"{line}");
        if (verified.Seen.Note is not null) verified.Seen.Write(path);
        if (verified.Fault is null) return 0;
        AnsiConsole.MarkupLineInterpolated($"[red]{verified.Fault}[/]");
        return 2;
    }

    static (string Id, CertificateText Text)? Read(FileInfo file)
    {
        try
        {
            var der = Pem.ReadCertificate(File.ReadAllText(file.FullName));
            return (CertificateId.Of(der), CertificateText.Read(der));
        }
        catch (PkiException wrong)
        {
            throw new CommandFailedException($"{file} cannot be read: {wrong.Message}", "Name a certificate in PEM.");
        }
    }

    // http://host:port/issuing-1/7.crl says where everything public of the platform is.
    static string? AddressIn((string Id, CertificateText Text)? certificate) =>
        Uri.TryCreate(certificate?.Text.RevocationListUrl, UriKind.Absolute, out var list) ? list.GetLeftPart(UriPartial.Authority) : null;
}
