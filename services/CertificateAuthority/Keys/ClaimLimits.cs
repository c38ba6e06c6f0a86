using System.Collections.Concurrent;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>How often one claim may ask, and how many of its refusals are worth an event. Per replica, in memory, bounded.</summary>
sealed class ClaimLimits(CertificateAuthorityOptions options, TimeProvider clock)
{
    const int MaximumClaims = 10_000;

    // With a fixed number of locks: Count takes them all.
    readonly ConcurrentDictionary<string, Buckets> _claims = new(Environment.ProcessorCount, 31, StringComparer.Ordinal);

    public int Count => _claims.Count;

    /// <summary>Takes one request out of the claim's budget.</summary>
    public bool Admits(string principalId) => Find(principalId).Requests.TryTake(clock.GetTimestamp());

    /// <summary>Takes one recorded refusal out of the claim's budget.</summary>
    public bool RecordsRefusalOf(string principalId) => Find(principalId).Refusals.TryTake(clock.GetTimestamp());

    Buckets Find(string principalId)
    {
        if (_claims.TryGetValue(principalId, out var known)) return known;
        if (_claims.Count >= MaximumClaims) Forget();
        return _claims.GetOrAdd(principalId, _ => new(
            new(options.RequestsPerSecond, 2 * options.RequestsPerSecond, clock),
            new(options.RefusalsRecordedPerMinute / 60.0, options.RefusalsRecordedPerMinute, clock)));
    }

    // A full bucket remembers nothing: the next one for that claim would be the same. If all are in use, the oldest news is lost.
    void Forget()
    {
        var now = clock.GetTimestamp();
        foreach (var (principalId, buckets) in _claims)
            if (buckets.Requests.IsFull(now) && buckets.Refusals.IsFull(now)) _claims.TryRemove(principalId, out _);
        if (_claims.Count >= MaximumClaims) _claims.Clear();
    }

    sealed record Buckets(TokenBucket Requests, TokenBucket Refusals);
}

/// <summary>Gives out at most a burst at once and a rate in the long run.</summary>
sealed class TokenBucket
{
    readonly Lock _gate = new();
    readonly TimeProvider _clock;
    readonly double _perSecond;
    readonly double _burst;
    double _left;
    long _seen;

    public TokenBucket(double perSecond, double burst, TimeProvider clock)
    {
        (_perSecond, _burst, _left, _clock) = (perSecond, burst, burst, clock);
        _seen = clock.GetTimestamp();
    }

    public bool TryTake(long timestamp)
    {
        lock (_gate)
        {
            Refill(timestamp);
            if (_left < 1) return false;
            _left--;
            return true;
        }
    }

    public bool IsFull(long timestamp)
    {
        lock (_gate)
        {
            Refill(timestamp);
            return _left >= _burst;
        }
    }

    void Refill(long timestamp)
    {
        if (timestamp <= _seen) return;
        _left = Math.Min(_burst, _left + (_clock.GetElapsedTime(_seen, timestamp).TotalSeconds * _perSecond));
        _seen = timestamp;
    }
}
