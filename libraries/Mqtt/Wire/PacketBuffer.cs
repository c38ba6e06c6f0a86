using System.Buffers;

namespace FleetPlatform.Mqtt;

/// <summary>Bytes on their way out: grows in pooled arrays, and holds none while empty, so that an idle connection costs nothing.</summary>
struct PacketBuffer
{
    const int Smallest = 512;
    byte[]? _bytes;

    public int Length { get; private set; }

    /// <summary>Room for exactly <paramref name="count"/> bytes, counted as written.</summary>
    public Span<byte> Take(int count)
    {
        var needed = Length + count;
        if (_bytes is null) _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(Smallest, needed));
        else if (_bytes.Length < needed) Grow(needed);
        var room = _bytes.AsSpan(Length, count);
        Length = needed;
        return room;
    }

    /// <summary>Gives the bytes away and starts anew. The array goes back to the shared pool when they are sent.</summary>
    public byte[] Detach(out int length)
    {
        var bytes = _bytes ?? [];
        length = Length;
        _bytes = null;
        Length = 0;
        return bytes;
    }

    public void Clear()
    {
        if (_bytes is not null) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        Length = 0;
    }

    void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes!.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
