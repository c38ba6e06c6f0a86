namespace FleetPlatform.MqttGateway.Identity;

/// <summary>So many per second and key, and so many at once. Remembers a bounded number of keys; one that is forgotten starts full again.</summary>
sealed class RateLimit(double perSecond, double burst, TimeProvider clock, int keys = 50_000)
{
    readonly double _perSecond = perSecond;
    readonly double _burst = burst;
    readonly TimeProvider _clock = clock;
    readonly LeastRecentlyUsed<string, Bucket> _buckets = new(keys);

    /// <summary>Takes one, if there is one.</summary>
    public bool TryTake(string key) => Of(key).TryTake(1);

    /// <summary>True while there is one to take, without taking it.</summary>
    public bool HasAny(string key) => !_buckets.TryGet(key, out var bucket) || bucket.TryTake(0);

    Bucket Of(string key) => _buckets.TryGet(key, out var bucket) ? bucket : _buckets.Change(key, there => there ?? Bucket.Full(this))!;

    sealed class Bucket
    {
        readonly Lock _gate = new();
        double _level;
        long _since;

        public required RateLimit Of { get; init; }

        public static Bucket Full(RateLimit limit) => new() { Of = limit, _level = limit._burst, _since = limit._clock.GetTimestamp() };

        public bool TryTake(double amount)
        {
            lock (_gate)
            {
                var now = Of._clock.GetTimestamp();
                _level = Math.Min(Of._burst, _level + Of._clock.GetElapsedTime(_since, now).TotalSeconds * Of._perSecond);
                _since = now;
                if (_level < 1) return false;
                _level -= amount;
                return true;
            }
        }
    }
}
