using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary>
/// <c>fleet revoke</c>: certificates are no longer trusted, by whatever they have in common; live sessions are closed, and the receipt says
/// where and when it took effect. <c>fleet reinstate</c> lifts a hold.
/// </summary>
static class RevokeCommand
{
    static readonly Argument<string?> Subject = new("subject") { Description = "Certificate id (64 hex digits) or thing name.", Arity = ArgumentArity.ZeroOrOne };
    static readonly Option<string> Certificate = new("--certificate") { Description = "One certificate id." };
    static readonly Option<string> Thing = new("--thing") { Description = "The certificates of a thing." };
    static readonly Option<string> Group = new("--group") { Description = "The certificates of the things in a group and the groups below it." };
    static readonly Option<string> Claim = new("--claim") { Description = "Everything that was issued to a claim certificate (its id); the claim itself stays." };
    static readonly Option<string> Issuer = new("--issuer") { Description = "Everything an issuing authority has signed; or, by the id of an own CA, everything that came under it." };
    static readonly Option<string> Template = new("--template") { Description = "Everything a template registered." };
    static readonly Option<int?> Version = new("--template-version") { Description = "With --template: what this version registered." };
    static readonly Option<string> PublicKey = new("--public-key") { Description = "Everything on a public key: a PEM file (key or certificate), or the SHA-256 of the key in hex." };
    static readonly Option<string> Reason = new("--reason")
    {
        Description = "RFC 5280: unspecified, keyCompromise, caCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn.",
    };
    static readonly Option<bool> Hold = new("--hold") { Description = "Suspends (certificateHold) until ./fleet reinstate." };
    static readonly Option<bool> Quarantine = new("--quarantine") { Description = "Only sets the certificates INACTIVE." };
    static readonly Option<bool> DryRun = new("--dry-run") { Description = "Changes nothing; says which things and how many live sessions it would cut off." };
    static readonly Option<string> Order = new("--order") { Description = "An id for this order: the same command with the same id again is the same order." };

    static readonly (Option<string> Option, string Selector)[] Selectors =
        [(Certificate, "certificate"), (Thing, "thing"), (Group, "group"), (Claim, "claim"), (Issuer, "issuer"), (Template, "template"), (PublicKey, "publicKey")];

    public static Command Create() => WithSelectors(new Command("revoke", "Revokes, suspends or quarantines certificates by what they have in common."))
        .With(Reason, Hold, Quarantine, DryRun).Runs((parsed, _, controlPlane, cancellation) => Run(parsed, Action(parsed), controlPlane, cancellation));

    public static Command CreateReinstate() => WithSelectors(new Command("reinstate", "Lifts the hold of certificates that were suspended."))
        .Runs((parsed, _, controlPlane, cancellation) => Run(parsed, "reinstate", controlPlane, cancellation));

    static async Task<int> Run(ParseResult parsed, string action, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var order = new JsonObject { ["selector"] = Selector(parsed), ["action"] = action, ["waitMilliseconds"] = 10_000 };
        if (parsed.GetValue(Order) is { } id) order["orderId"] = id;
        if (action != "reinstate" && parsed.GetValue(DryRun))
        {
            order["dryRun"] = true;
            Print(await controlPlane.Revocation(order, cancellation));
            return 0;
        }

        if (action == "revoke" && parsed.GetValue(Reason) is { } reason) order["reason"] = reason;
        var answer = await controlPlane.Revocation(order, cancellation);
        while (answer["completedAt"] is null) // it goes on, whoever watches
        {
            AnsiConsole.MarkupLineInterpolated($"{answer["selected"]} certificates so far");
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            answer = await controlPlane.Revocation(answer["orderId"]!.GetValue<string>(), cancellation);
        }

        PrintReceipt(action, answer);
        return 0;
    }

    static string Action(ParseResult parsed) => (parsed.GetValue(Hold), parsed.GetValue(Quarantine)) switch
    {
        (true, true) => throw new CommandFailedException("--hold and --quarantine are two things.", "Give one of them."),
        (true, _) => "suspend",
        (_, true) => "quarantine",
        _ => "revoke",
    };

    static JsonObject Selector(ParseResult parsed)
    {
        var given = Selectors.Where(each => parsed.GetValue(each.Option) is not null).Select(each => (Name: each.Selector, Value: parsed.GetValue(each.Option)!)).ToList();
        if (parsed.GetValue(Subject) is { } subject)
            given.Add((subject.Length == 64 && subject.All(char.IsAsciiHexDigit) ? "certificate" : "thing", subject));
        if (given is not [var (name, value)])
            throw new CommandFailedException("Say what to select, once.", "A certificate id, a thing name, or one of --group, --claim, --issuer, --template, --public-key.");
        var selector = new JsonObject { [name] = name == "publicKey" && File.Exists(value) ? File.ReadAllText(value) : value };
        if (parsed.GetValue(Version) is { } version) selector["version"] = version;
        return selector;
    }

    static void Print(JsonNode preview)
    {
        AnsiConsole.MarkupLineInterpolated($"{preview["certificates"]} certificates{(preview["truncated"]!.GetValue<bool>() ? " and more" : "")}, {preview["untrusted"]} of them not trusted already");
        AnsiConsole.MarkupLineInterpolated($"{preview["liveSessions"]} live sessions");
        foreach (var gateway in preview["silentGateways"]!.AsArray()) AnsiConsole.MarkupLineInterpolated($"[yellow]{gateway} did not answer[/]");
        foreach (var thing in preview["things"]!.AsArray()) AnsiConsole.MarkupLineInterpolated($"  {thing}");
        AnsiConsole.MarkupLineInterpolated($"Nothing was changed.");
    }

    static void PrintReceipt(string action, JsonNode order)
    {
        var done = action switch { "suspend" => "suspended", "reinstate" => "reinstated", "quarantine" => "quarantined", _ => "revoked" };
        AnsiConsole.MarkupLineInterpolated($"{done} {order["changed"]} of {order["selected"]} certificates; {order["unchanged"]} were so already, {order["refused"]} could not be");
        AnsiConsole.MarkupLineInterpolated($"order {order["orderId"]}, placed {Time(order["placedAt"])}");
        foreach (var place in order["receipt"]!.AsArray())
        {
            var at = place!["at"] is null ? "not yet" : Time(place["at"]);
            AnsiConsole.MarkupLineInterpolated($"  {place["place"],-40} {at}  {place["certificates"]} certificates, {place["sessionsClosed"]} sessions closed");
        }
    }

    static string Time(JsonNode? at) => at!.GetValue<DateTimeOffset>().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    static Command WithSelectors(Command command)
    {
        command.Arguments.Add(Subject);
        return command.With(Certificate, Thing, Group, Claim, Issuer, Template, PublicKey, Version, Order);
    }

    static Command With(this Command command, params Option[] options)
    {
        foreach (var option in options) command.Options.Add(option);
        return command;
    }
}
