using System.CommandLine;
using System.Globalization;
using System.Net;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Pki;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet ca</c>: the platform's own authorities, from the offline ceremony to the roll-over (docs/pki.md).</summary>
static class AuthorityCommand
{
    const int AuthorityCompromise = 2;

    static readonly Option<DirectoryInfo> Output = new("--output") { Description = "Folder for what the ceremony makes.", Required = true };
    static readonly Option<string> Name = new("--name") { Description = "Organization, and beginning of the authorities' names.", DefaultValueFactory = _ => "FleetPlatform" };
    static readonly Option<FileInfo> RootPassphrase = new("--root-passphrase-file") { Description = "Its first line encrypts the root's key. At least 12 characters.", Required = true };
    static readonly Option<FileInfo> ServicePassphrase = new("--service-passphrase-file")
    {
        Description = "Its first line encrypts the issuing authority's key; the service is configured with it (CertificateAuthority__KeyPassphrase).", Required = true,
    };

    static readonly Option<IssuerKeyType> KeyType = new("--key-type") { Description = "Kind of the keys.", DefaultValueFactory = _ => IssuerKeyType.EcdsaP256 };
    static readonly Option<string[]> PermitDns = new("--permit-dns") { Description = "Name constraint: the domains that may stand in certificates below." };
    static readonly Option<string[]> PermitIp = new("--permit-ip") { Description = "Name constraint: the networks, for example 10.1.0.0/16." };
    static readonly Option<FileInfo> Root = new("--root") { Description = "The root's certificate, PEM.", Required = true };
    static readonly Option<FileInfo> RootKey = new("--root-key") { Description = "The root's key, encrypted PKCS#8 in PEM.", Required = true };
    static readonly Option<FileInfo> SigningRequestFile = new("--request") { Description = "The request that ./fleet ca request printed.", Required = true };
    static readonly Option<int> Days = new("--days") { Description = "Lifetime, cut where the root ends.", DefaultValueFactory = _ => 7305 };
    static readonly Option<int> PathLength = new("--path-length") { Description = "Authorities that may follow below.", DefaultValueFactory = _ => 0 };
    static readonly Option<string> CommonName = new("--common-name") { Description = "Name of the new authority.", Required = true };
    static readonly Option<string> Token = new("--token") { Description = "A key that a PKCS#11 token holds already: pkcs11:token=…;object=…." };
    static readonly Option<string> PkiUrl = new("--pki-url") { Description = "Where the platform publishes its lists, for example http://pki.example.com: named in the authority's certificate." };
    static readonly Option<FileInfo> Former = new("--former") { Description = "The root's list before; what is on it stays." };
    static readonly Option<FileInfo[]> Revoke = new("--revoke") { Description = "Certificates of authorities that are not trusted any more." };
    static readonly Option<int> ListDays = new("--days") { Description = "Life of the list, cut where the root ends.", DefaultValueFactory = _ => (int)Ceremony.RootListValidity.TotalDays };
    static readonly Argument<FileInfo> ListFile = new("list") { Description = "What ./fleet ca crl printed." };
    static readonly Argument<string> Id = new("id") { Description = "The authority, for example issuing-2." };
    static readonly Argument<FileInfo> Certificate = new("certificate") { Description = "What the root has signed, PEM." };
    static readonly Option<FileInfo[]> Chain = new("--chain") { Description = "Authorities above it, its signer first; a root that the platform trusts already may be left out." };
    static readonly Option<string[]> Profile = new("--profile") { Description = "device, operator, temporary-claim or server; without it all, but server only where the root stays the same." };

    public static Command Create() => new("ca", "The platform's own authorities.")
    {
        Offline(new("init", "On your own machine: makes a root, and a first issuing authority for the service.")
            { Output, Name, RootPassphrase, ServicePassphrase, KeyType, PermitDns, PermitIp, PkiUrl }, Init),
        Offline(new("sign", "On your own machine: signs an authority's request with the root's key, and prints the certificate.")
            { Root, RootKey, RootPassphrase, SigningRequestFile, Days, PathLength, PermitDns, PermitIp, PkiUrl }, Sign),
        Offline(new("crl", "On your own machine: cuts the root's list about the authorities below it, and prints it.")
            { Root, RootKey, RootPassphrase, Former, Revoke, ListDays }, CutList),
        new Command("install-crl", "Publishes such a list.") { ListFile }.Runs(InstallList),
        new Command("request", "Makes a key for another authority and prints the request for the root.") { CommonName, KeyType, Token }.Runs(Request),
        new Command("install", "Installs what the root has signed; the authority stands by.") { Id, Certificate, Chain }.Runs(Install),
        new Command("use", "From here on this authority signs; nobody is disconnected.") { Id, Profile }.Runs(Use),
        new Command("list", "All authorities.").Runs(List),
        new Command("show", "One authority, with its certificate or request.") { Id }.Runs(Show),
    };

    static Command Offline(Command command, Action<ParseResult> run) => command.RunsAlone((parsed, _) =>
    {
        run(parsed);
        return Task.FromResult(0);
    });

    static void Init(ParseResult parsed)
    {
        var folder = parsed.GetValue(Output)!.FullName;
        Ceremony.Init(folder, parsed.GetValue(Name)!, Passphrase(parsed, RootPassphrase), Passphrase(parsed, ServicePassphrase), parsed.GetValue(KeyType),
            Constraints(parsed), parsed.GetValue(PkiUrl), TimeProvider.System.GetUtcNow());
        AnsiConsole.MarkupLineInterpolated($"root     {Path.Combine(folder, Ceremony.RootKeyFile)}: keep it offline");
        AnsiConsole.MarkupLineInterpolated($"service  copy {Path.Combine(folder, Ceremony.ServiceFolder)} to the authority's data directory as 'install', before its first start");
    }

    static void Sign(ParseResult parsed) => Console.Out.Write(Ceremony.Sign(
        File.ReadAllText(parsed.GetValue(Root)!.FullName), parsed.GetValue(RootKey)!.FullName, Passphrase(parsed, RootPassphrase),
        File.ReadAllText(parsed.GetValue(SigningRequestFile)!.FullName), TimeSpan.FromDays(parsed.GetValue(Days)), parsed.GetValue(PathLength),
        Constraints(parsed), parsed.GetValue(PkiUrl), TimeProvider.System.GetUtcNow()));

    // Of an authority: its key may be lost, or it is simply done; both end what it can sign (RFC 5280 §5.3.1, cACompromise).
    static void CutList(ParseResult parsed) => Console.Out.Write(Ceremony.CutList(
        File.ReadAllText(parsed.GetValue(Root)!.FullName), parsed.GetValue(RootKey)!.FullName, Passphrase(parsed, RootPassphrase),
        parsed.GetValue(Former) is { } former ? File.ReadAllText(former.FullName) : null,
        [.. (parsed.GetValue(Revoke) ?? []).Select(file => (File.ReadAllText(file.FullName), AuthorityCompromise))], TimeSpan.FromDays(parsed.GetValue(ListDays)),
        TimeProvider.System.GetUtcNow()));

    static string Passphrase(ParseResult parsed, Option<FileInfo> option)
    {
        var line = File.ReadLines(parsed.GetValue(option)!.FullName).FirstOrDefault() ?? "";
        return line.Length >= 12 ? line : throw new CommandFailedException($"The passphrase of {option.Name} has fewer than 12 characters.", "Write a longer one into the file.");
    }

    static NameConstraints? Constraints(ParseResult parsed)
    {
        var (dns, networks) = (parsed.GetValue(PermitDns) ?? [], parsed.GetValue(PermitIp) ?? []);
        if (dns.Length + networks.Length == 0) return null;
        return NameConstraints.Permit(dns, [.. networks.Select(text => IPNetwork.TryParse(text, out var network) ? network
            : throw new CommandFailedException($"{text} is not a network.", "Write it as 10.1.0.0/16."))]);
    }

    static async Task<int> Request(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var issuer = await controlPlane.RequestIssuer(parsed.GetValue(CommonName)!, parsed.GetValue(KeyType).ToString(), parsed.GetValue(Token), cancellation);
        await Console.Error.WriteLineAsync($"requested {issuer["issuerId"]!.GetValue<string>()}");
        await Console.Out.WriteAsync(issuer["signingRequestPem"]!.GetValue<string>());
        return 0;
    }

    static async Task<int> Install(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var chain = (parsed.GetValue(Chain) ?? []).Select(file => File.ReadAllText(file.FullName));
        var issuer = await controlPlane.InstallIssuer(parsed.GetValue(Id)!, await File.ReadAllTextAsync(parsed.GetValue(Certificate)!.FullName, cancellation), chain, cancellation);
        AnsiConsole.MarkupLineInterpolated($"installed {issuer["issuerId"]!.GetValue<string>()}: it stands by until ./fleet ca use {parsed.GetValue(Id)}");
        return 0;
    }

    static async Task<int> InstallList(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var list = await controlPlane.InstallRootList(await File.ReadAllTextAsync(parsed.GetValue(ListFile)!.FullName, cancellation), cancellation);
        AnsiConsole.MarkupLineInterpolated($"published number {list["number"]!.GetValue<long>()}, {list["revoked"]!.AsArray().Count} revoked, until {Date(list["nextUpdate"])}");
        return 0;
    }

    static async Task<int> Use(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var issuer = await controlPlane.AssignSigning(parsed.GetValue(Id)!, parsed.GetValue(Profile) ?? [], cancellation);
        AnsiConsole.MarkupLineInterpolated($"{parsed.GetValue(Id)} signs {string.Join(", ", issuer["profiles"]!.AsArray().Select(profile => profile!.GetValue<string>()))}");
        return 0;
    }

    static async Task<int> List(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var issuer in await controlPlane.ListIssuers(cancellation))
        {
            var profiles = string.Join(",", issuer["profiles"]!.AsArray().Select(profile => profile!.GetValue<string>()));
            AnsiConsole.MarkupLineInterpolated($"{issuer["issuerId"]!.GetValue<string>(),-12} {issuer["state"]!.GetValue<string>(),-9} until {Date(issuer["notAfter"]),-10} {issuer["keyAlgorithm"]?.GetValue<string>() ?? "",-12} {issuer["keyStore"]!.GetValue<string>()} {profiles}");
        }

        return 0;
    }

    static async Task<int> Show(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var issuer = (await controlPlane.ListIssuers(cancellation)).FirstOrDefault(one => one["issuerId"]!.GetValue<string>() == parsed.GetValue(Id))
            ?? throw new CommandFailedException($"There is no authority {parsed.GetValue(Id)}.", "./fleet ca list");
        AnsiConsole.MarkupLineInterpolated($"{issuer["issuerId"]!.GetValue<string>()} {issuer["state"]!.GetValue<string>()} {issuer["subject"]?.GetValue<string>()}");
        AnsiConsole.MarkupLineInterpolated($"valid {Date(issuer["notBefore"])} to {Date(issuer["notAfter"])}, path length {issuer["pathLength"]?.ToString() ?? "none"}, key {issuer["keyAlgorithm"]?.GetValue<string>() ?? "?"} in {issuer["keyStore"]!.GetValue<string>()}");
        await Console.Out.WriteAsync((issuer["certificatePem"] ?? issuer["signingRequestPem"])!.GetValue<string>());
        return 0;
    }

    static string Date(System.Text.Json.Nodes.JsonNode? epoch) => epoch is null ? ""
        : DateTimeOffset.FromUnixTimeMilliseconds((long)(epoch.GetValue<double>() * 1000)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
