using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>Elements of DER from pieces of any size, hashed as they pass; no more than one small element is held.</summary>
sealed class DerSource(IAsyncEnumerable<ReadOnlyMemory<byte>> parts, HashAlgorithmName algorithm, CancellationToken cancellation) : IAsyncDisposable
{
    readonly IAsyncEnumerator<ReadOnlyMemory<byte>> _parts = parts.GetAsyncEnumerator(cancellation);
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(algorithm);
    byte[] _buffer = [];
    int _start;
    int _length;

    /// <summary>Octets read so far.</summary>
    public long Position { get; private set; }

    public byte[] Hash() => _hash.GetHashAndReset();

    public async ValueTask<Asn1Tag> PeekTag()
    {
        await Fill(1);
        return Asn1Tag.Decode(_buffer.AsSpan(_start, _length), out _);
    }

    /// <summary>Reads the header of an element whose contents may be long.</summary>
    public async ValueTask<long> ReadHeader(Asn1Tag expected)
    {
        await Fill(2);
        var octets = _buffer[_start + 1] is var first && first < 0x80 ? 0 : first & 0x7F;
        await Fill(2 + octets);
        var header = _buffer.AsSpan(_start, 2 + octets);
        if (Asn1Tag.Decode(header, out _) is var tag && (!tag.HasSameClassAndValue(expected) || tag.IsConstructed != expected.IsConstructed))
            throw new AsnContentException("An element has another tag than the standard asks for.");
        var length = ReadLength(header);
        Skip(2 + octets);
        return length;
    }

    /// <summary>Reads a whole small element. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadElement()
    {
        await Fill(2);
        var octets = _buffer[_start + 1] is var first && first < 0x80 ? 0 : first & 0x7F;
        await Fill(2 + octets);
        var whole = 2 + octets + ReadLength(_buffer.AsSpan(_start, 2 + octets));
        if (whole > RevocationListExaminer.MaximumSmallElement) throw new AsnContentException("An element is larger than any of ours.");
        await Fill((int)whole);
        var element = _buffer.AsMemory(_start, (int)whole);
        Skip((int)whole);
        return element;
    }

    /// <summary>Checks that nothing follows.</summary>
    public async ValueTask End()
    {
        if (_length > 0 || await _parts.MoveNextAsync()) throw new AsnContentException("Octets follow the list.");
    }

    public ValueTask DisposeAsync()
    {
        _hash.Dispose();
        return _parts.DisposeAsync();
    }

    // DER: the shortest form only (X.690 §10.1).
    static long ReadLength(ReadOnlySpan<byte> header)
    {
        if (header[1] < 0x80) return header[1];
        var length = 0L;
        foreach (var octet in header[2..]) length = (length << 8) | octet;
        if (header.Length is 2 or > 7 || header[2] == 0 || length < 0x80) throw new AsnContentException("A length is not written in the shortest form.");
        return length;
    }

    void Skip(int count)
    {
        _start += count;
        _length -= count;
        Position += count;
    }

    async ValueTask Fill(int count)
    {
        while (_length < count)
        {
            if (!await _parts.MoveNextAsync()) throw new AsnContentException("The list ends before its end.");
            var part = _parts.Current;
            _hash.AppendData(part.Span);
            var grown = new byte[_length + part.Length]; // what is left over is less than one small element
            _buffer.AsSpan(_start, _length).CopyTo(grown);
            part.Span.CopyTo(grown.AsSpan(_length));
            (_buffer, _start, _length) = (grown, 0, grown.Length);
        }
    }
}
