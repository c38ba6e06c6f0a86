using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>What is read of the first message of a handshake: from what a real client sends, whole, cut anywhere, and changed.</summary>
public class ClientHelloTests
{
    const int SessionLength = 5 + 4 + 2 + 32; // where the length of legacy_session_id is

    static readonly ClientHello Unknown = new(OffersTls13: false, NamesSession: true);

    [Theory]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls12 | SslProtocols.Tls13, true)]
    public async Task A_real_one_says_whether_it_offers_TLS_1_3(SslProtocols offered, bool offersTls13) =>
        Read(await Sent(offered)).OffersTls13.ShouldBe(offersTls13);

    [Fact]
    public async Task A_session_of_TLS_1_2_is_seen_only_where_it_is_named()
    {
        var without = await Sent(SslProtocols.Tls12);
        without[SessionLength].ShouldBe((byte)0);
        byte[] with = [.. without[..SessionLength], 32, .. Enumerable.Repeat((byte)7, 32), .. without[(SessionLength + 1)..]];

        Read(without).ShouldBe(new(OffersTls13: false, NamesSession: false));
        Read(with).ShouldBe(new(OffersTls13: false, NamesSession: true));
    }

    [Fact]
    public async Task One_that_has_not_wholly_come_is_taken_with_the_most_care()
    {
        var hello = await Sent(SslProtocols.Tls12 | SslProtocols.Tls13);
        for (var length = 0; length < hello.Length; length++)
        {
            if (length == Extensions(hello)) continue; // a whole one of long ago, without extensions
            Read(hello[..length]).ShouldBe(Unknown, $"{length} of {hello.Length} bytes");
        }
    }

    [Fact]
    public async Task One_in_pieces_is_read_as_one()
    {
        var hello = await Sent(SslProtocols.Tls13);
        var first = new Piece(hello.AsMemory(0, 60), 0);
        var last = first.Then(hello.AsMemory(60));
        ClientHello.Read(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length)).OffersTls13.ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_whole_when_its_record_is_and_what_is_none_is_never_waited_for()
    {
        var hello = await Sent(SslProtocols.Tls13);
        for (var length = 0; length < hello.Length; length++) ClientHello.IsWhole(new ReadOnlySequence<byte>(hello[..length])).ShouldBeFalse($"{length} of {hello.Length} bytes");
        ClientHello.IsWhole(new ReadOnlySequence<byte>(hello)).ShouldBeTrue();
        ClientHello.IsWhole(new ReadOnlySequence<byte>("G"u8.ToArray())).ShouldBeTrue();
        ClientHello.IsWhole(new ReadOnlySequence<byte>([22, 3, 1, 0xFF, 0xFF])).ShouldBeTrue("longer than any record");
    }

    [Fact]
    public async Task One_that_comes_byte_by_byte_begins_a_handshake()
    {
        await using var test = await TestBroker.Start();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var relaying = Drip(listener, test.TlsPort, bytes: 150);
        await using (var device = await MqttClientConnection.Connect(new()
        {
            Host = "localhost", Port = ((IPEndPoint)listener.LocalEndpoint).Port, ClientId = "slow", Tls = test.Pki.ClientTls(),
        }))
            (await device.Publish("t", new byte[10], QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
        await relaying;
    }

    // Passes on what one client sends, byte by byte at first, and what it is answered.
    static async Task Drip(TcpListener listener, int port, int bytes)
    {
        using var client = await listener.AcceptTcpClientAsync();
        using var server = new TcpClient { NoDelay = true };
        await server.ConnectAsync(IPAddress.Loopback, port);
        var (near, far, one) = (client.GetStream(), server.GetStream(), new byte[1]);
        for (var sent = 0; sent < bytes; sent++)
        {
            await near.ReadExactlyAsync(one);
            await far.WriteAsync(one);
        }

        await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
    }

    [Fact]
    public async Task Whatever_is_sent_instead_is_read_without_a_failure()
    {
        var hello = await Sent(SslProtocols.Tls12 | SslProtocols.Tls13);
        var random = new Random(1);
        for (var run = 0; run < 20_000; run++)
        {
            var changed = hello[..random.Next(hello.Length + 1)];
            for (var change = random.Next(8); change > 0 && changed.Length > 0; change--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            Should.NotThrow(() => Read(changed), $"run {run}");
        }

        Read("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"u8.ToArray()).ShouldBe(Unknown);
    }

    static ClientHello Read(byte[] bytes) => ClientHello.Read(new ReadOnlySequence<byte>(bytes));

    static int Extensions(byte[] hello)
    {
        var at = SessionLength + 1 + hello[SessionLength];
        at += 2 + (hello[at] << 8) + hello[at + 1];
        return at + 1 + hello[at];
    }

    // What a client sends first; nobody answers it.
    static async Task<byte[]> Sent(SslProtocols offered)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new TcpClient();
        await socket.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await using var client = new SslStream(socket.GetStream());
        var handshake = client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = offered, AllowTlsResume = false });
        byte[] sent;
        using (var server = await listener.AcceptTcpClientAsync())
        {
            var header = new byte[5];
            await server.GetStream().ReadExactlyAsync(header);
            sent = [.. header, .. new byte[(header[3] << 8) | header[4]]];
            await server.GetStream().ReadExactlyAsync(sent.AsMemory(5));
        }

        await Should.ThrowAsync<Exception>(handshake);
        return sent;
    }

    sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
