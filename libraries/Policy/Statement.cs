namespace FleetPlatform.Policy;

/// <summary>One statement, compiled.</summary>
sealed class Statement
{
    public required bool IsDeny { get; init; }

    /// <summary>Bit n set: the statement is about the <see cref="PolicyAction"/> n.</summary>
    public required int Actions { get; init; }

    /// <summary>True: it applies to what none of <see cref="Resources"/> matches.</summary>
    public required bool IsNotResource { get; init; }

    public required ArnPattern[] Resources { get; init; }
    public required Condition[] Conditions { get; init; }

    /// <summary>Whether it speaks about this request.</summary>
    /// <param name="resource">Kind and name, for example <c>topic/a</c>.</param>
    /// <param name="hasLevels">Whether '/' separates levels in it.</param>
    /// <param name="context">The connection.</param>
    public bool Applies(ReadOnlySpan<char> resource, bool hasLevels, PolicyContext context)
    {
        // A variable without a usable value never makes an Allow wider or a Deny narrower.
        var manner = new Pattern.Manner(UnusableMatchesAll: IsDeny != IsNotResource, hasLevels);
        var matched = false;
        foreach (var candidate in Resources)
        {
            matched = candidate.Matches(resource, context, manner);
            if (matched) break;
        }

        if (matched == IsNotResource) return false;
        foreach (var condition in Conditions)
            if (!condition.Holds(context, IsDeny)) return false;
        return true;
    }
}
