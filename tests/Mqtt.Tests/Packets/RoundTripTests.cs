using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Mqtt.Tests;

public class RoundTripTests
{
    static readonly Gen<string> Text = Gen.Elements("a", "topic/b", "ü-ß", "日本", "\ud83d\ude00", new string('x', 300));
    static readonly Gen<byte[]> Bytes = Gen.Sized(size => Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), size));
    static readonly Gen<IReadOnlyList<UserProperty>> Pairs =
        Gen.ListOf(Text.SelectMany(name => Text.Select(value => new UserProperty(name, value)))).Select(list => (IReadOnlyList<UserProperty>)list.Take(4).ToArray());

    static readonly Gen<MessageProperties?> Properties =
        from format in Gen.Elements<byte?>(null, 0, 1)
        from expiry in Gen.Elements<uint?>(null, 0, 1, uint.MaxValue)
        from type in Gen.OrNull(Text)
        from response in Gen.OrNull(Text)
        from correlation in Bytes
        from pairs in Pairs
        select new MessageProperties
        {
            PayloadFormat = format, MessageExpiry = expiry, ContentType = type, ResponseTopic = response, CorrelationData = correlation, UserProperties = pairs,
        };

    static readonly Gen<MqttPacket> AnyPublish =
        from topic in Text
        from payload in Bytes
        from qos in Gen.Choose(0, 2)
        from retain in Gen.Elements(true, false)
        from id in Gen.Choose(1, ushort.MaxValue)
        from properties in Properties
        from alias in Gen.Elements<ushort?>(null, 1, ushort.MaxValue)
        select (MqttPacket)new Publish
        {
            Topic = topic, Payload = payload, QoS = (QoS)qos, Retain = retain, PacketId = qos == 0 ? (ushort)0 : (ushort)id, Properties = properties, TopicAlias = alias,
        };

    static readonly Gen<MqttPacket> AnyConnect =
        from id in Text
        from clean in Gen.Elements(true, false)
        from keepAlive in Gen.Choose(0, ushort.MaxValue)
        from user in Gen.OrNull(Text)
        from password in Bytes
        from topic in Gen.OrNull(Text)
        from properties in Properties
        from pairs in Pairs
        from expiry in Gen.Elements<uint?>(null, 0, uint.MaxValue)
        select (MqttPacket)new Connect
        {
            Version = ProtocolVersion.V500, ClientId = id, CleanStart = clean, KeepAlive = (ushort)keepAlive, UserName = user,
            Password = password, SessionExpiry = expiry, UserProperties = pairs,
            Will = topic is null ? null : new Will { Topic = topic, Payload = password, QoS = QoS.AtLeastOnce, Retain = clean, Delay = expiry, Properties = properties },
        };

    static readonly Gen<MqttPacket> AnySubscribe =
        from id in Gen.Choose(1, ushort.MaxValue)
        from filters in Gen.NonEmptyListOf(from filter in Text
                                           from qos in Gen.Choose(0, 2)
                                           from retain in Gen.Choose(0, 2)
                                           from flag in Gen.Elements(true, false)
                                           select new TopicSubscription(filter, (QoS)qos) { NoLocal = flag, RetainAsPublished = !flag, RetainHandling = (RetainHandling)retain })
        from identifier in Gen.Elements<int?>(null, 1, 127, 128, 268_435_455)
        from pairs in Pairs
        select (MqttPacket)new Subscribe { PacketId = (ushort)id, Filters = filters.ToArray(), SubscriptionIdentifier = identifier, UserProperties = pairs };

    [Fact]
    public void Decoding_an_encoding_gives_it_back_whole_and_in_pieces() =>
        Prop.ForAll(Arb.From(Gen.OneOf(AnyPublish, AnyConnect, AnySubscribe)), Arb.From(Gen.Choose(0, int.MaxValue)), (packet, seed) =>
        {
            var hex = Hex.Of(packet, ProtocolVersion.V500);
            var bytes = Convert.FromHexString(hex);
            var random = new Random(seed);
            var cuts = Enumerable.Range(0, random.Next(0, 5)).Select(_ => random.Next(1, bytes.Length)).Distinct().Order().ToArray();
            var split = Hex.Split(bytes, cuts);
            return MqttCodec.TryRead(ref split, ProtocolVersion.V500, 1 << 24, out var read)
                && read!.GetType() == packet.GetType()
                && Hex.Of(read, ProtocolVersion.V500) == hex;
        }).QuickCheckThrowOnFailure();
}
