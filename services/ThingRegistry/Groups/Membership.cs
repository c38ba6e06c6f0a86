namespace FleetPlatform.ThingRegistry.Groups;

/// <summary>Which groups a thing may be in together.</summary>
static class Membership
{
    const int MaximumGroups = 10;

    /// <summary>Null when a thing may be in all of these groups at once.</summary>
    /// <param name="groups">Names of the groups.</param>
    /// <param name="rootOf">The outermost group each of them lies in.</param>
    public static Refusal? Refuse(IReadOnlyList<string> groups, Func<string, string> rootOf)
    {
        if (groups.Count > MaximumGroups)
            return new(Reasons.LimitExceeded.Code, $"A thing is in at most {MaximumGroups} groups.");

        var twice = groups.GroupBy(rootOf, StringComparer.Ordinal).FirstOrDefault(hierarchy => hierarchy.Count() > 1);
        return twice is null
            ? null
            : new(Reasons.InvalidRequest.Code, $"A thing is in at most one group of a hierarchy; {string.Join(" and ", twice)} are both under {twice.Key}.");
    }
}
