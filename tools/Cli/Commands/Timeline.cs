using System.Globalization;
using FleetPlatform.Contracts;
using Spectre.Console;

namespace FleetPlatform.Cli.Commands;

/// <summary>Renders recorded steps as the story of a device: one line a step, then the verdict.</summary>
static class Timeline
{
    public static void Print(string subject, IReadOnlyList<FlowStep> steps)
    {
        var start = steps[0].At;
        AnsiConsole.MarkupLineInterpolated($"[bold]{subject}[/]  [grey]since {start:yyyy-MM-dd HH:mm:ss.fff} UTC[/]");
        var retired = Retired(steps);
        foreach (var step in steps) Print(step, step.At - start, IsFailure(step, retired));

        AnsiConsole.WriteLine();
        if (FirstFailure(steps) is { } failure) Explain(failure);
        else AnsiConsole.MarkupLine("[green]Every recorded step of the last attempt went well.[/]");
    }

    /// <summary>The first failing step of the latest attempt, or null when that attempt had none.</summary>
    /// <remarks>
    /// An attempt is a flow, and steps without one belong to the flow that follows them, unless they ended a rotation. A connection that
    /// ended before any flow is an attempt of its own. That a certificate was retired is no failure.
    /// </remarks>
    public static FlowStep? FirstFailure(IReadOnlyList<FlowStep> steps)
    {
        var retired = Retired(steps);
        if (steps.LastOrDefault(step => step.FlowId is not null || step.SessionId is not null) is { FlowId: null, ReasonCode: not null } refused)
            return steps.First(step => step.SessionId == refused.SessionId && IsFailure(step, retired));

        var latest = steps.LastOrDefault(step => step.FlowId is not null)?.FlowId;
        var begins = latest is null ? 0 : IndexOf(steps, step => step.FlowId == latest);
        while (begins > 0 && steps[begins - 1] is { FlowId: null } before && before.ReasonCode != Reasons.RotationFailed.Code) begins--;
        return steps.Skip(begins).FirstOrDefault(step => IsFailure(step, retired));
    }

    /// <summary>Certificates that were ended because they were not needed any more: proven superfluous, or never proven.</summary>
    static HashSet<string> Retired(IReadOnlyList<FlowStep> steps) =>
        [.. steps.Where(step => step is { EndsCertificate: true, CertificateId: not null }).Select(step => step.CertificateId!)];

    // A device that comes with such a certificate is refused all the same, and that is one.
    static bool IsFailure(FlowStep step, HashSet<string> retired) => step.ReasonCode is not null
        && !(step is { SessionId: null, CertificateId: { } certificate } && step.ReasonCode == Reasons.CertificateNotActive.Code && retired.Contains(certificate));

    static int IndexOf(IReadOnlyList<FlowStep> steps, Func<FlowStep, bool> matches)
    {
        for (var i = 0; i < steps.Count; i++)
            if (matches(steps[i])) return i;
        return 0;
    }

    static void Print(FlowStep step, TimeSpan sinceStart, bool isFailure)
    {
        var mark = isFailure ? "[red]FAIL[/]" : "[green]ok  [/]";
        var took = step.DurationMilliseconds is { } milliseconds
            ? milliseconds.ToString("0.0 'ms'", CultureInfo.InvariantCulture)
            : "";
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture,
            $"  {mark} [grey]+{sinceStart.TotalSeconds,8:0.000} s {took,10}[/]  {Markup.Escape(step.Step),-32} [grey]{Markup.Escape(step.Service)}[/] {Markup.Escape(About(step))}"));
    }

    static string About(FlowStep step) => string.Join("  ", new[]
    {
        step.ReasonCode,
        step.ThingName is null ? null : $"thing {step.ThingName}",
        step.TemplateName is null ? null : $"template {step.TemplateName}",
        step.CertificateId is null ? null : $"certificate {step.CertificateId[..Math.Min(12, step.CertificateId.Length)]}…",
        step.ReasonCode is null ? step.Detail : null,
    }.Where(part => part is not null));

    static void Explain(FlowStep failure)
    {
        var reason = Reasons.Of(failure.ReasonCode!);
        AnsiConsole.MarkupLineInterpolated($"[red]The first step that failed:[/] {failure.Step} ({failure.Service})");
        AnsiConsole.MarkupLineInterpolated($"  reason    {failure.ReasonCode}");
        if (failure.Detail is not null) AnsiConsole.MarkupLineInterpolated($"  detail    {failure.Detail}");
        AnsiConsole.MarkupLineInterpolated($"  what to do  {reason.Remedy}");
        AnsiConsole.MarkupLineInterpolated($"  recorded  ./fleet events {failure.StreamId}");
    }
}
