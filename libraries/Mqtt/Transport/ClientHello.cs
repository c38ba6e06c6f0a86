using System.Buffers;
using System.Buffers.Binary;

namespace FleetPlatform.Mqtt;

/// <summary>The first message of a TLS handshake (RFC 8446 §4.1.2), as far as it matters before the handshake begins.</summary>
/// <param name="OffersTls13">Whether the client offers TLS 1.3.</param>
/// <param name="NamesSession">Whether it may want to resume a session of TLS 1.2 by its number; in TLS 1.3 the field means nothing.</param>
readonly record struct ClientHello(bool OffersTls13, bool NamesSession)
{
    const byte Handshake = 22, Hello = 1; // ContentType, HandshakeType
    const int RecordHeader = 5, MaximumRecord = 1 << 14;
    const int Headers = RecordHeader + 4; // of the record and of the message
    const int VersionAndRandom = 2 + 32;
    const ushort SupportedVersions = 43, Tls13 = 0x0304;

    /// <summary>Whether all of the record that holds it has come, or what came is the beginning of none.</summary>
    public static bool IsWhole(in ReadOnlySequence<byte> received)
    {
        if (received.IsEmpty) return false;
        if (received.FirstSpan[0] != Handshake) return true;
        if (received.Length < RecordHeader) return false;
        Span<byte> header = stackalloc byte[RecordHeader];
        received.Slice(0, RecordHeader).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        return length > MaximumRecord || received.Length >= RecordHeader + length;
    }

    /// <summary>Reads what has come of it.</summary>
    /// <returns>The one that asks for the most care, when it is no ClientHello, or not a whole one in one record.</returns>
    public static ClientHello Read(in ReadOnlySequence<byte> received) =>
        received.IsSingleSegment ? Read(received.FirstSpan) : Read(received.ToArray());

    static ClientHello Read(ReadOnlySpan<byte> rest)
    {
        var unknown = new ClientHello(OffersTls13: false, NamesSession: true);
        if (rest.Length < Headers || rest[0] != Handshake || rest[5] != Hello) return unknown;
        if (!Skip(ref rest, Headers + VersionAndRandom)
            || !Take(ref rest, 1, out var session)
            || !Take(ref rest, 2, out _)  // cipher_suites
            || !Take(ref rest, 1, out _)) // legacy_compression_methods
            return unknown;
        var extensions = ReadOnlySpan<byte>.Empty;
        return rest.IsEmpty || Take(ref rest, 2, out extensions) ? new(Offers(extensions, Tls13), !session.IsEmpty) : unknown;
    }

    static bool Offers(ReadOnlySpan<byte> extensions, ushort version) =>
        Find(extensions, SupportedVersions, out var extension) && Take(ref extension, 1, out var versions) && Contains(versions, version);

    static bool Find(ReadOnlySpan<byte> extensions, ushort type, out ReadOnlySpan<byte> found)
    {
        found = default;
        while (extensions.Length >= 4)
        {
            var isIt = BinaryPrimitives.ReadUInt16BigEndian(extensions) == type;
            extensions = extensions[2..];
            if (!Take(ref extensions, 2, out found)) return false;
            if (isIt) return true;
        }

        return false;
    }

    static bool Contains(ReadOnlySpan<byte> versions, ushort version)
    {
        for (; versions.Length >= 2; versions = versions[2..])
            if (BinaryPrimitives.ReadUInt16BigEndian(versions) == version) return true;
        return false;
    }

    static bool Skip(scoped ref ReadOnlySpan<byte> rest, int count)
    {
        if (rest.Length < count) return false;
        rest = rest[count..];
        return true;
    }

    // A vector: its length in one or two bytes, then as many.
    static bool Take(scoped ref ReadOnlySpan<byte> rest, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (rest.Length < lengthBytes) return false;
        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[lengthBytes..];
        if (rest.Length < length) return false;
        vector = rest[..length];
        rest = rest[length..];
        return true;
    }
}
