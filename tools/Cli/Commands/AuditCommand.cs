using System.CommandLine;
using System.Globalization;
using FleetPlatform.Cli.Auditing;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki.Transparency;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary><c>fleet audit</c>: was any recorded event changed, removed, inserted or moved since it was sealed? See docs/security-model.md.</summary>
static class AuditCommand
{
    const int FindingsPrinted = 20;

    static readonly Option<string> Store = new("--store") { Description = "One store, for example thing-registry; all of them when left out." };
    static readonly Option<string> Heads = new("--heads") { Description = "A file of ./fleet audit head, kept elsewhere: the chains must still run through it." };

    public static Command Create() => new("audit", "The hash chains over recorded events.")
    {
        new Command("verify", "Compares all events with the chains. Exit code 2 when something does not agree.") { Store, Heads }.Runs(Verify),
        new Command("head", "Prints where each chain ends, to be kept elsewhere.") { Store }.Runs(Print),
    };

    static async Task<int> Print(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        foreach (var store in await Stores(parsed, controlPlane, cancellation))
            Console.WriteLine(KeptHead.Of(store, await controlPlane.FindChainEnd(store, cancellation)));
        return 0;
    }

    static async Task<int> Verify(ParseResult parsed, FleetEndpoints endpoints, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var kept = parsed.GetValue(Heads) is { } path ? KeptHead.ReadAll(path) : [];
        var findings = 0;
        foreach (var store in await Stores(parsed, controlPlane, cancellation))
            findings += await Verify(store, [.. kept.Where(head => head.Store == store)], controlPlane, cancellation);
        if (findings > 0)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{findings} findings.[/]");
            return 2;
        }

        AnsiConsole.WriteLine("Every sealed event is as it was recorded.");
        return 0;
    }

    static async Task<int> Verify(string store, IReadOnlyList<KeptHead> kept, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var witnessed = Open(store, await controlPlane.FindWitnessedHead(store, cancellation)); // before the end, which is behind it
        var end = await controlPlane.FindChainEnd(store, cancellation);
        var (events, findings) = (0L, new List<string>());
        EventsVerified? reached = null;
        foreach (var head in kept.Concat(witnessed).Append(KeptHead.Of(store, end)).OrderBy(head => head.Seal))
        {
            while (reached is null || (reached.Seal < head.Seal && reached.More))
            {
                reached = await controlPlane.VerifyEvents(store, reached, Math.Min(head.Seal, end.Seal), cancellation);
                events += reached.Events;
                findings.AddRange(reached.Findings.Select(Say));
            }

            reached = reached with { More = true }; // up to the next head, or the end
            if (reached.Seal != head.Seal || reached.Hash != head.Hash) findings.Add($"the chain does not run through seal {head.Seal}, {head.Hash}: it was written anew, or cut off");
        }

        var tail = end.OldestUnsealed is { } oldest
            ? string.Create(CultureInfo.InvariantCulture, $"; {end.UnsealedEvents:N0} not sealed yet, the oldest of {oldest:yyyy-MM-dd HH:mm:ss}")
            : "";
        var witness = witnessed is [var signed] ? $"witnessed up to seal {signed.Seal}" : "not witnessed";
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{store,-22} {events:N0} events compared, sealed up to number {end.Sequence} by seal {end.Seal}, {witness}{tail}");
        foreach (var finding in findings.Take(FindingsPrinted)) AnsiConsole.MarkupLineInterpolated($"[red]{store}: {finding}[/]");
        if (findings.Count > FindingsPrinted) AnsiConsole.MarkupLineInterpolated($"[red]{store}: and {findings.Count - FindingsPrinted} more[/]");
        return findings.Count;
    }

    // Nothing, or what the authority has signed.
    static IReadOnlyList<KeptHead> Open(string store, WitnessedHead witnessed)
    {
        if (witnessed.Note is null) return [];
        var head = Checkpoint.Open(witnessed.Note, Checkpoint.OriginOfStore(store), witnessed.SubjectPublicKeyInfo);
        return [new(store, head.Size, 0, Convert.ToHexStringLower(head.Root))];
    }

    static string Say(AuditFinding finding) => finding.Fault switch
    {
        AuditFault.EventChanged => $"event {finding.Sequence} is not as it was recorded: {finding.StreamId} version {finding.Version} (seal {finding.Seal})",
        AuditFault.EventMissing => $"event {finding.Sequence} is gone: {finding.StreamId} version {finding.Version} (seal {finding.Seal})",
        AuditFault.EventAdded => $"event {finding.Sequence} was not there when seal {finding.Seal} was set: {finding.StreamId} version {finding.Version}",
        AuditFault.SealChanged => $"seal {finding.Seal} was changed, or the one before it; the events that it covers, up to {finding.Sequence}, cannot be compared",
        AuditFault.SealMissing => $"seal {finding.Seal} is gone; what follows it cannot be compared up to the next",
        _ => throw new ArgumentOutOfRangeException(nameof(finding), finding.Fault, null),
    };

    static async Task<IReadOnlyList<string>> Stores(ParseResult parsed, ControlPlaneClient controlPlane, CancellationToken cancellation) =>
        parsed.GetValue(Store) is { } store ? [store] : await controlPlane.ListStores(cancellation);
}
