using System.Buffers;

namespace FleetPlatform.Mqtt.Tests;

static class Hex
{
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    public static string Of(MqttPacket packet, ProtocolVersion version)
    {
        var buffer = new ArrayBufferWriter<byte>();
        MqttCodec.Write(packet, version, buffer);
        return Convert.ToHexString(buffer.WrittenSpan);
    }

    public static MqttPacket Read(byte[] bytes, ProtocolVersion version, int maximum = 1 << 20)
    {
        var sequence = new ReadOnlySequence<byte>(bytes);
        MqttCodec.TryRead(ref sequence, version, maximum, out var packet).ShouldBeTrue();
        sequence.IsEmpty.ShouldBeTrue();
        return packet!;
    }

    /// <summary>The same bytes as a chain of segments cut at the given places.</summary>
    public static ReadOnlySequence<byte> Split(byte[] bytes, params int[] cuts)
    {
        var first = new Segment(bytes.AsMemory(0, cuts.Length > 0 ? cuts[0] : bytes.Length), 0);
        var last = first;
        for (var i = 0; i < cuts.Length; i++)
            last = last.Append(bytes.AsMemory(cuts[i]..(i + 1 < cuts.Length ? cuts[i + 1] : bytes.Length)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
