namespace FleetPlatform.TemplateEngine.Hooks;

/// <summary>Leaves alone for a while what failed several times in a row; then one caller tries. Thread-safe.</summary>
sealed class CircuitBreaker(int failures, TimeSpan pause, TimeProvider clock)
{
    // More targets than this at once do not exist: there are 256 templates. What was deleted is forgotten with the rest.
    const int MaximumTargets = 1024;

    readonly Lock _lock = new();
    readonly Dictionary<string, (int Failures, DateTimeOffset ClosedUntil)> _targets = new(StringComparer.Ordinal);

    /// <returns>False: do not call.</returns>
    public bool TryEnter(string target)
    {
        lock (_lock)
        {
            if (!_targets.TryGetValue(target, out var state) || state.Failures < failures) return true;
            var now = clock.GetUtcNow();
            if (now < state.ClosedUntil) return false;

            _targets[target] = state with { ClosedUntil = now + pause }; // this caller tries; the others wait for what it finds
            return true;
        }
    }

    public void Succeeded(string target)
    {
        lock (_lock) _targets.Remove(target);
    }

    public void Failed(string target)
    {
        lock (_lock)
        {
            if (_targets.Count >= MaximumTargets) _targets.Clear();
            var count = _targets.GetValueOrDefault(target).Failures + 1;
            _targets[target] = (count, count >= failures ? clock.GetUtcNow() + pause : default);
        }
    }
}
