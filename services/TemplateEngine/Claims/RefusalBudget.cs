namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>
/// How many refusals of one principal are still worth a record this minute, so that bad input stays cheaper than good.
/// Per process; thread-safe.
/// </summary>
sealed class RefusalBudget(TemplateEngineOptions options, TimeProvider clock)
{
    // More principals than this in one minute are a flood: it is not recorded one by one.
    const int MaximumPrincipals = 100_000;

    readonly Lock _lock = new();
    readonly Dictionary<string, int> _spent = new(StringComparer.Ordinal);
    long _minute;

    /// <returns>False: answer, and record nothing.</returns>
    public bool TrySpend(string principalId)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        lock (_lock)
        {
            if (minute != _minute)
            {
                _minute = minute;
                _spent.Clear();
            }

            var spent = _spent.GetValueOrDefault(principalId);
            if (spent >= options.RecordedRefusalsPerMinute || (spent == 0 && _spent.Count >= MaximumPrincipals)) return false;

            _spent[principalId] = spent + 1;
            return true;
        }
    }
}
