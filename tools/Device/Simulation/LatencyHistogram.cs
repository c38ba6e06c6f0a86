using System.Numerics;

namespace FleetPlatform.Device;

/// <summary>
/// Latencies counted in buckets that grow with the value (as HdrHistogram's do): every quantile is at most 3.2 % too high, from a microsecond
/// to an hour, in 8 KiB. Thread-safe.
/// </summary>
public sealed class LatencyHistogram
{
    const int SubBucketBits = 5;
    const int SubBuckets = 1 << SubBucketBits;
    const int Buckets = SubBuckets * 32;

    readonly long[] _counts = new long[Buckets];
    long _count;
    long _totalMicroseconds;
    long _maximumMicroseconds;

    public long Count => Volatile.Read(ref _count);

    public void Record(TimeSpan duration)
    {
        var microseconds = Math.Clamp((long)duration.TotalMicroseconds, 0, 3_600_000_000);
        Interlocked.Increment(ref _counts[IndexOf(microseconds)]);
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _totalMicroseconds, microseconds);
        long maximum;
        while ((maximum = Volatile.Read(ref _maximumMicroseconds)) < microseconds
            && Interlocked.CompareExchange(ref _maximumMicroseconds, microseconds, maximum) != maximum)
        {
        }
    }

    /// <summary>The quantiles of what was recorded so far.</summary>
    public LatencySummary Summary() => new(Count, At(0.50), At(0.95), At(0.99), TimeSpan.FromMicroseconds(_maximumMicroseconds),
        TimeSpan.FromMicroseconds(Count == 0 ? 0 : _totalMicroseconds / (double)Count));

    /// <param name="quantile">0 to 1.</param>
    public TimeSpan At(double quantile)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(Count * quantile));
        for (var (i, seen) = (0, 0L); i < Buckets; i++)
        {
            seen += Volatile.Read(ref _counts[i]);
            if (seen >= wanted) return TimeSpan.FromMicroseconds(Math.Min(HighestOf(i), _maximumMicroseconds));
        }

        return TimeSpan.FromMicroseconds(_maximumMicroseconds);
    }

    // Below 2^5 each value has its bucket; above, each power of two is cut into 2^5.
    static int IndexOf(long value)
    {
        if (value < SubBuckets) return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBucketBits;
        return ((shift + 1) << SubBucketBits) + (int)((value >> shift) - SubBuckets);
    }

    static long HighestOf(int index)
    {
        if (index < SubBuckets) return index;
        var shift = (index >> SubBucketBits) - 1;
        return (((long)(index & (SubBuckets - 1)) + SubBuckets + 1) << shift) - 1;
    }
}

/// <summary>Quantiles of a latency.</summary>
public sealed record LatencySummary(long Count, TimeSpan P50, TimeSpan P95, TimeSpan P99, TimeSpan Maximum, TimeSpan Mean);
