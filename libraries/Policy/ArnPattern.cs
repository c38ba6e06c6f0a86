namespace FleetPlatform.Policy;

/// <summary>
/// A resource of a statement: <c>*</c> or an ARN. The six parts of an ARN are matched one by one, so that a wildcard for the account
/// cannot swallow the beginning of a topic.
/// </summary>
sealed class ArnPattern
{
    const int Parts = 6;
    readonly Pattern[] _parts; // none: everything

    ArnPattern(Pattern[] parts) => _parts = parts;

    /// <summary>Reads a resource.</summary>
    /// <exception cref="PolicySyntaxException">Neither <c>*</c> nor an ARN.</exception>
    public static ArnPattern Parse(string text, bool wildcards, string path)
    {
        if (wildcards && text == "*") return new([]);
        var parts = text.Split(':', Parts);
        if (parts[0] != "arn") throw new PolicySyntaxException(path, "A resource is \"*\" or an ARN such as arn:aws:iot:us-east-1:123456789012:topic/a.");
        if (parts.Length < Parts && !(wildcards && parts[^1].EndsWith('*'))) throw new PolicySyntaxException(path, "An ARN has six parts.");
        return new([.. parts.Concat(Enumerable.Repeat("*", Parts - parts.Length)).Select(part => Pattern.Parse(part, wildcards, path))]);
    }

    /// <summary>Whether a resource of this deployment matches.</summary>
    /// <param name="resource">The last part, for example <c>topic/a</c>.</param>
    /// <param name="context">Gives region and account.</param>
    /// <param name="manner">How to treat variables.</param>
    public bool Matches(ReadOnlySpan<char> resource, PolicyContext context, Pattern.Manner manner) => _parts.Length == 0 || (
        _parts[1].Matches("aws", context, manner) && _parts[2].Matches("iot", context, manner) &&
        _parts[3].Matches(context.Region, context, manner) && _parts[4].Matches(context.AccountId, context, manner) &&
        _parts[5].Matches(resource, context, manner));

    /// <summary>Whether a whole ARN matches.</summary>
    public bool MatchesArn(ReadOnlySpan<char> arn, PolicyContext context, Pattern.Manner manner)
    {
        if (_parts.Length == 0) return true;
        for (var part = 0; part < Parts; part++)
        {
            var colon = part < Parts - 1 ? arn.IndexOf(':') : arn.Length;
            if (colon < 0 || !_parts[part].Matches(arn[..colon], context, manner)) return false;
            arn = part < Parts - 1 ? arn[(colon + 1)..] : default;
        }

        return true;
    }
}
