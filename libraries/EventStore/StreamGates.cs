namespace FleetPlatform.Events;

/// <summary>Lets one contender at a time through, per stream. Streams share a few gates: a shared gate costs waiting, never correctness.</summary>
sealed class StreamGates
{
    readonly Gate[] _gates = [.. Enumerable.Range(0, 256).Select(_ => new Gate())];

    /// <summary>Whether somebody stands in line for the stream: who comes now had better join it.</summary>
    public bool IsContended(StreamId id) => Volatile.Read(ref Of(id).Contenders) > 0;

    public async Task<Turn> Enter(StreamId id, CancellationToken cancellation)
    {
        var gate = Of(id);
        Interlocked.Increment(ref gate.Contenders);
        try
        {
            await gate.WaitAsync(cancellation);
        }
        catch
        {
            Interlocked.Decrement(ref gate.Contenders);
            throw;
        }

        return new(gate);
    }

    Gate Of(StreamId id) => _gates[(uint)StringComparer.Ordinal.GetHashCode(id.Value) % _gates.Length];

    public sealed class Gate() : SemaphoreSlim(1, 1)
    {
        public int Contenders;
    }

    public readonly struct Turn(Gate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.Release();
            Interlocked.Decrement(ref gate.Contenders);
        }
    }
}
