using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>How one rotation goes, whoever asked for it. Recorded with the rotation: a policy that changes later does not change it.</summary>
/// <param name="Answer">From the command to the proof.</param>
/// <param name="Attempts">Before the rotation has failed.</param>
/// <param name="BackOff">After the first failed attempt; doubled with each.</param>
/// <param name="Overlap">The old certificate beside the proven one.</param>
/// <param name="RevokeAfter">From INACTIVE to revoked; null: never.</param>
sealed record RotationTerms(TimeSpan Answer, int Attempts, TimeSpan BackOff, TimeSpan Overlap, TimeSpan? RevokeAfter)
{
    /// <summary>The platform makes the pair, and the private key travels.</summary>
    public bool PushPair { get; init; }

    static readonly TimeSpan LongestBackOff = TimeSpan.FromDays(1);

    /// <summary>The terms of a policy that says nothing.</summary>
    public static RotationTerms Default { get; } = RenewalRule.Of(new() { Scope = RenewalRule.DefaultScope }).Terms;

    /// <summary>The pause after an attempt has failed.</summary>
    /// <param name="attempt">Which, from 1.</param>
    public TimeSpan BackOffAfter(int attempt)
    {
        var pause = BackOff;
        for (var doubled = 1; doubled < attempt && pause < LongestBackOff; doubled++) pause *= 2;
        return pause < LongestBackOff ? pause : LongestBackOff;
    }
}

/// <summary>The policy of a scope, as it is recorded.</summary>
sealed record RenewalRule(
    string Scope, int DaysBefore, double? LifetimeShare, double Jitter, IReadOnlyList<string> Windows, int PerMinute, RotationTerms Terms)
{
    /// <summary>How long after its end a certificate may still renew; 0: not at all.</summary>
    public int GraceDays { get; init; }

    public const string DefaultScope = "default";
    const string GroupPrefix = "group/";
    const string TemplatePrefix = "template/";
    const int MaximumScope = 150;
    const int MaximumWindows = 16;
    const int Day = 86_400;

    static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-");

    public static RenewalRule Of(RenewalPolicy policy) => new(
        policy.Scope, policy.DaysBefore, policy.LifetimeShare, policy.Jitter, policy.Windows, policy.PerMinute,
        new(TimeSpan.FromSeconds(policy.AnswerSeconds), policy.Attempts, TimeSpan.FromSeconds(policy.BackOffSeconds),
            TimeSpan.FromSeconds(policy.OverlapSeconds), policy.RevokeAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null)
        { PushPair = policy.PushKeys })
    {
        GraceDays = policy.GraceDays,
    };

    public RenewalPolicy ToContract() => new()
    {
        Scope = Scope,
        DaysBefore = DaysBefore,
        LifetimeShare = LifetimeShare,
        Jitter = Jitter,
        Windows = Windows,
        PerMinute = PerMinute,
        AnswerSeconds = (int)Terms.Answer.TotalSeconds,
        Attempts = Terms.Attempts,
        BackOffSeconds = (int)Terms.BackOff.TotalSeconds,
        OverlapSeconds = (int)Terms.Overlap.TotalSeconds,
        RevokeAfterSeconds = (int?)Terms.RevokeAfter?.TotalSeconds,
        GraceDays = GraceDays,
        PushKeys = Terms.PushPair,
    };

    /// <summary>The scopes a certificate could be in, the strongest first.</summary>
    public static IEnumerable<string> ScopesOf(IEnumerable<string> groups, string? template) =>
        [.. groups.Order(StringComparer.Ordinal).Select(group => GroupPrefix + group), .. template is null ? (string[])[] : [TemplatePrefix + template], DefaultScope];

    /// <summary>Why a policy cannot be; null when it can.</summary>
    public static Refusal? Refuse(RenewalPolicy policy) => Objection(policy) is { } objection
        ? new(Reasons.InvalidRequest.Code, objection)
        : policy.Windows.Count > MaximumWindows ? new(Reasons.LimitExceeded.Code, $"A policy has at most {MaximumWindows} maintenance windows.")
        : policy.Windows.FirstOrDefault(text => MaintenanceWindow.TryParse(text) is null) is { } wrong
            ? new(Reasons.InvalidRequest.Code, $"\"{wrong}\" is no maintenance window. Write for example \"Sat,Sun 02:00-05:00\" or \"22:00-04:00\"; times are UTC.")
            : null;

    public static bool IsScope(string scope) => scope == DefaultScope || (scope.Length <= MaximumScope
        && (IsNamed(scope, GroupPrefix) || IsNamed(scope, TemplatePrefix)));

    static bool IsNamed(string scope, string prefix) => scope.StartsWith(prefix, StringComparison.Ordinal) && scope.Length > prefix.Length
        && scope.AsSpan(prefix.Length).IndexOfAnyExcept(NameCharacters) < 0;

    static string? Objection(RenewalPolicy policy) => policy switch
    {
        _ when !IsScope(policy.Scope) => "A scope is default, group/NAME or template/NAME.",
        { DaysBefore: < 1 or > 3650 } => "daysBefore is 1 to 3650.",
        { LifetimeShare: < 0.1 or > 0.95 or double.NaN } => "lifetimeShare is 0.1 to 0.95.",
        { Jitter: not (>= 0.05 and <= 0.5) } => "jitter is 0.05 to 0.5 of the validity: a fleet that renews at once asks for an outage.",
        { PerMinute: < 1 or > 100_000 } => "perMinute is 1 to 100,000.",
        { AnswerSeconds: < 10 or > 30 * Day } => "answerSeconds is 10 seconds to 30 days.",
        { Attempts: < 1 or > 20 } => "attempts is 1 to 20.",
        { BackOffSeconds: < 1 or > Day } => "backOffSeconds is 1 second to one day.",
        { OverlapSeconds: < 0 or > 14 * Day } => "overlapSeconds is 0 to 14 days: as long as gateways watch both certificates.",
        { GraceDays: < 0 or > 366 } => "graceDays is 0 to 366.",
        { RevokeAfterSeconds: < 0 or > 14 * Day } => "revokeAfterSeconds is 0 to 14 days.",
        _ => null,
    };
}
