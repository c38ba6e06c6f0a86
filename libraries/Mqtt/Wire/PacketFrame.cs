using System.Buffers;

namespace FleetPlatform.Mqtt;

/// <summary>The fixed header: packet type, flags and Remaining Length (MQTT 5.0 §2.1).</summary>
public static class PacketFrame
{
    /// <summary>Largest value of a Variable Byte Integer, 268,435,455 (MQTT 5.0 §1.5.5).</summary>
    public const int MaximumVariableInteger = 268_435_455;

    /// <summary>Cuts one control packet off the front of <paramref name="buffer"/>, if a whole one has arrived.</summary>
    /// <param name="buffer">Bytes received and not yet consumed; advanced past the packet on success, untouched otherwise.</param>
    /// <param name="maximumBytes">Largest packet accepted, fixed header included, in bytes.</param>
    /// <param name="header">The first byte: type and flags.</param>
    /// <param name="body">Everything after the Remaining Length.</param>
    /// <returns>False while the packet is still incomplete. False is never an error.</returns>
    /// <exception cref="MalformedPacketException">
    /// The length field runs past four bytes (MQTT 5.0 §1.5.5), or declares more than <paramref name="maximumBytes"/>
    /// (§3.2.2.3.6). Thrown from the header alone, before any of the body is waited for.
    /// </exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maximumBytes, out byte header, out ReadOnlySequence<byte> body)
    {
        body = default;
        Span<byte> start = stackalloc byte[5];
        scoped var first = buffer.FirstSpan;
        if (first.Length < 5 && buffer.Length > first.Length)
        {
            var copied = (int)Math.Min(5, buffer.Length);
            buffer.Slice(0, copied).CopyTo(start);
            first = start[..copied];
        }

        header = first.IsEmpty ? (byte)0 : first[0];
        if (!TryReadLength(first, out var length, out var headerBytes)) return false;

        var total = headerBytes + (long)length;
        if (total > maximumBytes)
            throw new MalformedPacketException(ReasonCode.PacketTooLarge, $"{total} bytes declared, {maximumBytes} allowed.");

        if (buffer.Length < total) return false;
        body = buffer.Slice(headerBytes, length);
        buffer = buffer.Slice(total);
        return true;
    }

    static bool TryReadLength(ReadOnlySpan<byte> start, out int length, out int headerBytes)
    {
        length = 0;
        for (var i = 1; i < start.Length; i++)
        {
            length |= (start[i] & 0x7F) << (7 * (i - 1));
            headerBytes = i + 1;
            if ((start[i] & 0x80) == 0)
            {
                // The encoded value MUST use the minimum number of bytes [MQTT-1.5.5-1].
                if (i > 1 && start[i] == 0) throw new MalformedPacketException("Remaining Length is not in its shortest form.");
                return true;
            }

            if (i == 4) throw new MalformedPacketException("Remaining Length runs past four bytes.");
        }

        headerBytes = 0;
        return false;
    }
}
