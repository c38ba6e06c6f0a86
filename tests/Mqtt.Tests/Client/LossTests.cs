using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>
/// A server that cuts the connection at the worst instants. Whatever the instant, a client ends with one of the exceptions that it
/// documents, and within its time: a device that meets another one falls silent.
/// </summary>
public class LossTests
{
    public enum Instant
    {
        Accepted,
        Greeted,
        Encrypted,
        Introduced,
        Acknowledged,
        Asked,
        Answered,
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_a_connection_is_cut_its_client_ends_as_documented(bool tls)
    {
        using var server = new CuttingServer(tls);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        foreach (var round in Enumerable.Range(0, 15))
            foreach (var instant in Enum.GetValues<Instant>())
            {
                server.Cut = (instant, Reset: random.Next(2) == 0, Pause: random.Next(0, 2000));
                var failure = await Record.ExceptionAsync(() => Use(server).WaitAsync(Eventually.Patience));
                IsDocumented(failure).ShouldBeTrue($"seed {seed}, round {round}, {server.Cut}: {failure}");
            }
    }

    /// <summary>CONNECT cannot be written: the stream is gone before CONNACK is waited for.</summary>
    [Fact]
    public async Task A_connection_that_is_cut_while_it_says_CONNECT_fails_as_a_lost_one()
    {
        using var server = new CuttingServer(tls: false) { Cut = (Instant.Greeted, Reset: true, Pause: 0) };
        foreach (var _ in Enumerable.Range(0, 20))
            await Should.ThrowAsync<IOException>(() => MqttClientConnection.Connect(new MqttConnectionOptions
            {
                Host = "127.0.0.1", Port = server.Port, UserName = new string('u', 65_000), Password = new byte[65_000], ConnectTimeout = Eventually.Patience,
                Will = new Will { Topic = "will", Payload = new byte[65_000] },
            }).WaitAsync(Eventually.Patience));
    }

    static async Task Use(CuttingServer server)
    {
        await using var connection = await MqttClientConnection.Connect(server.Options());
        await connection.Subscribe("a", QoS.AtLeastOnce);
        await connection.Publish("a", new byte[100], QoS.AtLeastOnce);
        await connection.Publish("a", new byte[100], QoS.AtMostOnce);
        await connection.Disconnect();
    }

    static bool IsDocumented(Exception? failure) => failure is null or IOException or MqttConnectException or AuthenticationException;

    /// <summary>Speaks just as much MQTT as it takes to get to the instant at which it cuts.</summary>
    sealed class CuttingServer : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly MqttClientTls? _tls;

        public CuttingServer(bool tls)
        {
            _tls = tls ? TestPki.Shared.ClientTls() : null;
            _listener.Server.ReceiveBufferSize = 4096;
            _listener.Start();
            _ = Accept();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public (Instant Instant, bool Reset, int Pause) Cut { get; set; }

        public MqttConnectionOptions Options() => new() { Host = "localhost", Port = Port, ClientId = "a", Tls = _tls, ConnectTimeout = Eventually.Patience, AnswerTimeout = Eventually.Patience };

        public void Dispose() => _listener.Dispose();

        async Task Accept()
        {
            try
            {
                while (true) await Serve(await _listener.AcceptSocketAsync());
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        async Task Serve(Socket socket)
        {
            using (socket)
            {
                socket.NoDelay = true;
                try
                {
                    await Speak(socket);
                }
                catch (Exception lost) when (ConnectionLoss.Is(lost) || lost is AuthenticationException)
                {
                    // The client was faster.
                }

                Thread.SpinWait(Cut.Pause);
                if (Cut.Reset) socket.LingerState = new LingerOption(true, 0);
            }
        }

        async Task Speak(Socket socket)
        {
            if (Cut.Instant == Instant.Accepted) return;
            Stream stream = new NetworkStream(socket);
            if (Cut.Instant == Instant.Greeted)
            {
                await stream.ReadExactlyAsync(new byte[8]);
                return;
            }

            if (_tls is not null) stream = await Encrypt(stream);
            if (Cut.Instant == Instant.Encrypted) return;
            await ReadPacket(stream);
            if (Cut.Instant == Instant.Introduced) return;
            await stream.WriteAsync(Hex.Bytes("20 02 00 00"));
            if (Cut.Instant == Instant.Acknowledged) return;
            var subscribe = await ReadPacket(stream);
            if (Cut.Instant == Instant.Asked) return;
            // SUBACK, and a message that wants an acknowledgement.
            byte[] answer = [0x90, 3, subscribe[2], subscribe[3], 1, .. Hex.Bytes("32 06 0001 61 0001 41")];
            await stream.WriteAsync(answer);
        }

        static async Task<SslStream> Encrypt(Stream stream)
        {
            var encrypted = new SslStream(stream, leaveInnerStreamOpen: true, (_, certificate, _, _) => certificate is not null);
            await encrypted.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = TestPki.Shared.Server, ClientCertificateRequired = true });
            return encrypted;
        }

        static async Task<byte[]> ReadPacket(Stream stream)
        {
            var packet = new byte[128];
            await stream.ReadExactlyAsync(packet.AsMemory(0, 2)); // all are shorter than 128 bytes
            await stream.ReadExactlyAsync(packet.AsMemory(2, packet[1]));
            return packet;
        }
    }
}
