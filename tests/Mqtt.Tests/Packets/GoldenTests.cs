using System.Buffers;

namespace FleetPlatform.Mqtt.Tests;

public class GoldenTests
{
    public static TheoryData<int, string, string> Good => new(Lines("packets.hex").Select(line => (int.Parse(line[0]), line[1], line[2])));
    public static TheoryData<int, string, string, string> Bad => new(Lines("malformed.hex").Select(line => (int.Parse(line[0]), line[1], line[2], line[3])));

    [Theory, MemberData(nameof(Good))]
    public void A_packet_is_read_and_written_to_the_byte(int version, string name, string hex)
    {
        var bytes = Hex.Bytes(hex);
        var packet = Hex.Read(bytes, (ProtocolVersion)version);
        Hex.Of(packet, (ProtocolVersion)version).ShouldBe(Convert.ToHexString(bytes), name);
    }

    [Theory, MemberData(nameof(Good))]
    public void A_packet_parses_the_same_however_it_is_split(int version, string name, string hex)
    {
        var bytes = Hex.Bytes(hex);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var whole = Hex.Split(bytes, cut);
            MqttCodec.TryRead(ref whole, (ProtocolVersion)version, 1 << 20, out var packet).ShouldBeTrue(name);
            Hex.Of(packet!, (ProtocolVersion)version).ShouldBe(Convert.ToHexString(bytes), name);

            var half = new ReadOnlySequence<byte>(bytes, 0, cut);
            MqttCodec.TryRead(ref half, (ProtocolVersion)version, 1 << 20, out _).ShouldBeFalse(name);
            half.Length.ShouldBe(cut);
        }
    }

    [Theory, MemberData(nameof(Bad))]
    public void A_malformed_packet_is_refused_with_its_reason(int version, string name, string hex, string reason) =>
        Should.Throw<MalformedPacketException>(() => Hex.Read(Hex.Bytes(hex), (ProtocolVersion)version), name)
            .Reason.ShouldBe((ReasonCode)Convert.ToByte(reason, 16), name);

    [Fact]
    public void A_declared_length_above_the_limit_is_refused_from_the_header_alone()
    {
        var header = new ReadOnlySequence<byte>(Hex.Bytes("30 FF FF FF 7F"));
        Should.Throw<MalformedPacketException>(() => PacketFrame.TryRead(ref header, 146 * 1024, out _, out _)).Reason.ShouldBe(ReasonCode.PacketTooLarge);
    }

    [Fact]
    public void Garbage_never_throws_anything_but_malformed()
    {
        var random = new Random(20261122);
        var seeds = Good.Select(row => Hex.Bytes(row.Data.Item3)).ToArray();
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = (byte[])seeds[random.Next(seeds.Length)].Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) random.NextBytes(bytes);
            var buffer = new ReadOnlySequence<byte>(bytes);
            try
            {
                if (MqttCodec.TryRead(ref buffer, (ProtocolVersion)random.Next(4, 6), 4096, out var packet)) packet.ShouldNotBeNull();
            }
            catch (MalformedPacketException)
            {
                // The only way to say no.
            }
        }
    }

    [Fact] // [MQTT-1.5.4-3]
    public void A_byte_order_mark_is_kept() =>
        Hex.Read(Hex.Bytes("30 06 0004 EFBBBF61"), ProtocolVersion.V311).ShouldBeOfType<Publish>().Topic.ShouldBe("\uFEFFa");

    static IEnumerable<string[]> Lines(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Packets", "Golden", file))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Replace("{132}", string.Concat(Enumerable.Repeat("78", 132)), StringComparison.Ordinal).Split(" | "));
}
