namespace FleetPlatform.Events;

/// <summary>Lets one contender at a time through, per stream. Streams share a few gates: a shared gate costs waiting, never correctness.</summary>
sealed class StreamGates
{
    readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];

    public async Task<Turn> Enter(StreamId id, CancellationToken cancellation)
    {
        var gate = _gates[(uint)StringComparer.Ordinal.GetHashCode(id.Value) % _gates.Length];
        await gate.WaitAsync(cancellation);
        return new(gate);
    }

    public readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
