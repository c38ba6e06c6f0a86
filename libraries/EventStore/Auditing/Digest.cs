using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace FleetPlatform.Events.Auditing;

/// <summary>Values written one behind the other so that no value can be taken for a part of another, and SHA-256 over them. Reused; not thread-safe.</summary>
sealed class Digest
{
    /// <summary>Octets of a hash.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    readonly ArrayBufferWriter<byte> _written = new(1024);

    /// <summary>Begins anew.</summary>
    /// <param name="kind">What is hashed, so that one kind is never taken for another.</param>
    public void Begin(byte kind)
    {
        _written.ResetWrittenCount();
        _written.GetSpan(1)[0] = kind;
        _written.Advance(1);
    }

    public void Add(long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(_written.GetSpan(sizeof(long)), number);
        _written.Advance(sizeof(long));
    }

    /// <summary>The length, then the octets.</summary>
    public void Add(ReadOnlySpan<byte> octets)
    {
        AddLength(octets.Length);
        _written.Write(octets);
    }

    /// <summary>No value, which is not the same as an empty one.</summary>
    public void AddNull() => AddLength(-1);

    public byte[] End() => SHA256.HashData(_written.WrittenSpan);

    void AddLength(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_written.GetSpan(sizeof(int)), length);
        _written.Advance(sizeof(int));
    }
}
