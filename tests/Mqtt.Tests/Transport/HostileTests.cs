using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FleetPlatform.Mqtt.Tests;

public class HostileTests
{
    const string Connect311 = "10 0D 0004 4D515454 04 02 003C 0001 61";
    const string Connect5 = "10 0E 0004 4D515454 05 02 003C 00 0001 61";

    [Theory]
    [InlineData("C0 00")]                                                     // PINGREQ first [MQTT-3.1.0-1]
    [InlineData("30 FF FF FF 7F")]                                            // a huge PUBLISH first: its length is never waited for
    [InlineData("16 03 01 02 00")]                                            // TLS on the plain port
    [InlineData("47 45 54 20 2F 20 48 54 54 50")]                             // HTTP
    [InlineData("10 FF FF FF 7F")]                                            // a CONNECT of 256 MB
    [InlineData("10 80 80 80 80 01")]
    [InlineData("10 0D 0004 4D515458 04 02 003C 0001 61")]                    // not MQTT [MQTT-3.1.2-1]
    [InlineData("10 0D 0004 4D515454 04 03 003C 0001 61")]                    // reserved flag [MQTT-3.1.2-3]
    public async Task What_does_not_begin_as_MQTT_is_closed_without_a_word(string hex)
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(hex);
        (await raw.IsClosed()).ShouldBeTrue();
        test.Policy.Attempts.ShouldBeEmpty();
    }

    [Fact] // [MQTT-3.1.2-2]
    public async Task An_unknown_protocol_level_is_told_so()
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send("10 0F 0006 4D5149736470 03 02 003C 0001 61");
        (await raw.Read(ProtocolVersion.V311)).ShouldBeOfType<ConnAck>().Reason.ShouldBe(ReasonCode.UnsupportedProtocolVersion);
        (await raw.IsClosed()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_peer_that_never_says_CONNECT_is_closed()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send("10 0D 0004 4D51");
        (await raw.IsClosed()).ShouldBeTrue();
    }

    [Fact] // [MQTT-3.1.0-2]
    public async Task A_second_CONNECT_is_a_protocol_error()
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(Connect5);
        await raw.Read(ProtocolVersion.V500);
        await raw.Send(Connect5);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<Disconnect>().Reason.ShouldBe(ReasonCode.ProtocolError);
        (await raw.IsClosed()).ShouldBeTrue();
        await Eventually.Is(() => test.Policy.Left.Contains(("a", DisconnectCause.ClientError)));
    }

    [Theory]
    [InlineData("30 FF FF FF 7F", ReasonCode.PacketTooLarge)]                 // declared too large: refused before the body comes
    [InlineData("34 08 0001 74 0001 00 41 42", ReasonCode.QoSNotSupported)]   // QoS 2 [MQTT-3.2.2-11]
    [InlineData("50 02 0001", ReasonCode.ProtocolError)]                      // PUBREC
    [InlineData("62 02 0001", ReasonCode.ProtocolError)]                      // PUBREL
    [InlineData("70 02 0001", ReasonCode.ProtocolError)]                      // PUBCOMP
    [InlineData("20 03 00 00 00", ReasonCode.ProtocolError)]                  // CONNACK from a client
    [InlineData("F0 00", ReasonCode.ProtocolError)]                           // AUTH [MQTT-4.12.0-1]
    [InlineData("82 0B 000A 02 0B 05 0003 612F62 01", ReasonCode.SubscriptionIdentifiersNotSupported)]
    [InlineData("30 07 0001 74 03 23 0009", ReasonCode.TopicAliasInvalid)]    // above Topic Alias Maximum [MQTT-3.3.2-9]
    [InlineData("30 07 0000 03 23 0001 41", ReasonCode.ProtocolError)]        // an alias never set
    [InlineData("30 06 0001 74 02 0B 01", ReasonCode.ProtocolError)]          // [MQTT-3.3.4-6]
    [InlineData("30 04 0001 23 00", ReasonCode.TopicNameInvalid)]             // wildcard [MQTT-3.3.2-2]
    [InlineData("82 10 000A 00 000A 2473686172652F672F61 04", ReasonCode.ProtocolError)] // No Local on $share [MQTT-3.8.3-4]
    [InlineData("E0 07 00 05 11 00000005", ReasonCode.ProtocolError)]         // DISCONNECT raises a Session Expiry of 0
    public async Task Breaking_the_protocol_ends_with_its_reason_in_5_and_a_close_in_3(string hex, ReasonCode reason)
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(Connect5);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<ConnAck>().Reason.ShouldBe(ReasonCode.Success);
        await raw.Send(hex);
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<Disconnect>().Reason.ShouldBe(reason);
        (await raw.IsClosed()).ShouldBeTrue();
    }

    [Theory]
    [InlineData("30 FF FF FF 7F")]
    [InlineData("34 07 0001 74 0001 41 42")]
    [InlineData("50 02 0001")]
    [InlineData("F0 00")]
    [InlineData("30 03 0001 23")]
    [InlineData("82 02 000A")]
    public async Task Breaking_the_protocol_closes_a_3_1_1_connection(string hex)
    {
        await using var test = await TestBroker.Start();
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(Connect311);
        await raw.Read(ProtocolVersion.V311);
        await raw.Send(hex);
        (await raw.IsClosed()).ShouldBeTrue();
    }

    [Fact] // [MQTT-3.1.2-22]
    public async Task A_half_open_connection_dies_of_silence_and_its_will_is_published()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions
        {
            MinimumKeepAlive = TimeSpan.FromMilliseconds(100), MaximumKeepAlive = TimeSpan.FromMilliseconds(200), SweepInterval = TimeSpan.FromMilliseconds(20),
        });
        await using var watcher = await MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = "127.0.0.1", Port = test.PlainPort, ClientId = "w", KeepAlive = TimeSpan.Zero,
        });
        var subscribed = watcher.Subscribe("will", QoS.AtMostOnce);
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(new Connect { Version = ProtocolVersion.V500, ClientId = "silent", Will = new Will { Topic = "will", Payload = new byte[1] } }, ProtocolVersion.V500);
        await subscribed;
        await raw.Read(ProtocolVersion.V500);
        await Eventually.Is(() =>
        {
            _ = watcher.Send(PingReq.Instance);
            return test.Policy.Left.Contains(("silent", DisconnectCause.KeepAliveTimeout));
        });
        (await raw.Read(ProtocolVersion.V500)).ShouldBeOfType<Disconnect>().Reason.ShouldBe(ReasonCode.KeepAliveTimeout);
        (await watcher.Next()).Topic.ShouldBe("will");
    }

    [Fact]
    public async Task A_handshake_that_stalls_is_cut()
    {
        await using var test = await TestBroker.Start(tls: pki => new MqttTlsOptions { ServerCertificate = () => pki.Server, Limits = new() { HandshakeTimeout = TimeSpan.FromMilliseconds(300) } });
        using var silent = await RawConnection.Open(test.TlsPort);
        using var half = await RawConnection.Open(test.TlsPort);
        await half.Send("16 03 01 02 00 01");
        (await silent.IsClosed()).ShouldBeTrue();
        (await half.IsClosed()).ShouldBeTrue();
        test.Policy.Attempts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_peer_without_a_certificate_does_not_reach_MQTT()
    {
        await using var test = await TestBroker.Start();
        var options = test.Tls("d", tls: new MqttClientTls { Roots = test.Pki.Roots });
        await Should.ThrowAsync<Exception>(async () => await MqttClientConnection.Connect(options));
        test.Policy.Attempts.ShouldBeEmpty();
    }

    /// <summary>Peers 3.2 case 6: what strangers bring goes through the framework's TLS before anybody reads it.</summary>
    [Fact]
    public async Task Hostile_certificates_in_the_handshake_leave_the_listener_as_it_was()
    {
        await using var test = await TestBroker.Start();
        var folder = Directory.CreateTempSubdirectory("mqtt-tests-");
        var presented = 0;
        try
        {
            await Parallel.ForEachAsync(HostileCertificates.All.Index(), async (each, cancellation) =>
            {
                var (der, key) = HostileCertificates.Make(each.Item);
                var path = $"{folder}/{each.Index}.pem";
                await File.WriteAllTextAsync(path, System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", der) + "\n" + key, cancellation);
                if (await ShakesHands(test.TlsPort, path, cancellation)) Interlocked.Increment(ref presented);
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        presented.ShouldBeGreaterThan(HostileCertificates.All.Count / 2);
        await using var device = await MqttClientConnection.Connect(test.Tls("device"));
    }

    [Fact]
    public async Task An_unknown_protocol_in_ALPN_fails_the_handshake_and_none_is_welcome()
    {
        await using var test = await TestBroker.Start();
        await Should.ThrowAsync<AuthenticationException>(async () =>
            await MqttClientConnection.Connect(test.Tls("d", tls: test.Pki.ClientTls(alpn: "http/1.1"))));
        await using var plain = await MqttClientConnection.Connect(test.Tls("d"));
        await using var mqtt = await MqttClientConnection.Connect(test.Tls("e", tls: test.Pki.ClientTls(alpn: "mqtt")));
    }

    [Fact]
    public async Task Half_a_hello_keeps_nobody_from_a_handshake()
    {
        await using var test = await TestBroker.Start(tls: pki => new MqttTlsOptions
        {
            ServerCertificate = () => pki.Server, Limits = new() { MaximumConcurrentHandshakes = 1, HandshakeTimeout = TimeSpan.FromMinutes(1) },
        });
        using var slow = await RawConnection.Open(test.TlsPort);
        await slow.Send("16 0301 0100 01");
        await using var device = await MqttClientConnection.Connect(test.Tls("d"));
    }

    [Fact]
    public async Task More_handshakes_than_allowed_are_turned_away()
    {
        await using var test = await TestBroker.Start(tls: pki => new MqttTlsOptions { ServerCertificate = () => pki.Server, Limits = new() { MaximumPendingHandshakes = 1 } });
        using var first = await RawConnection.Open(test.TlsPort);
        await first.Send("16");
        await Eventually.Is(() =>
        {
            using var probe = new TcpClient();
            probe.Connect("127.0.0.1", test.TlsPort);
            probe.ReceiveTimeout = 200;
            try
            {
                return probe.GetStream().Read(new byte[1]) == 0;
            }
            catch (IOException closed)
            {
                return closed.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset };
            }
        });
    }

    [Fact]
    public async Task Garbage_after_CONNECT_never_harms_the_broker()
    {
        await using var test = await TestBroker.Start();
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            using var raw = await RawConnection.Open(test.PlainPort);
            await raw.Send(i % 2 == 0 ? Connect311 : Connect5);
            var garbage = new byte[random.Next(1, 2000)];
            random.NextBytes(garbage);
            await raw.Stream.WriteAsync(garbage);
        }

        await using var healthy = await test.Connect("healthy");
        await healthy.Subscribe("t", QoS.AtLeastOnce);
        await healthy.Publish("t", new byte[1], QoS.AtLeastOnce);
        (await healthy.Next()).Topic.ShouldBe("t");
        await Eventually.Is(() => test.Broker.ClientCount == 1);
        test.Policy.Left.ShouldAllBe(left => left.Cause != DisconnectCause.ServerError);
    }

    [Fact]
    public async Task A_peer_that_sends_and_never_reads_is_slowed_and_in_the_end_cut()
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions
        {
            MinimumKeepAlive = TimeSpan.FromMilliseconds(500), MaximumKeepAlive = TimeSpan.FromMilliseconds(500), SweepInterval = TimeSpan.FromMilliseconds(50),
        });
        using var raw = await RawConnection.Open(test.PlainPort);
        await raw.Send(Connect311);
        await raw.Read(ProtocolVersion.V311);
        var pings = new byte[64 * 1024];
        for (var i = 0; i < pings.Length; i += 2) pings[i] = 0xC0;

        using var deadline = new CancellationTokenSource(Eventually.Patience);
        await Should.ThrowAsync<IOException>(async () =>
        {
            while (true) await raw.Stream.WriteAsync(pings, deadline.Token);
        });
        await Eventually.Is(() => test.Broker.ClientCount == 0);
    }

    // openssl presents what the framework would not even load (and loads nearly all of them); what becomes of it is the listener's affair.
    static async Task<bool> ShakesHands(int port, string path, CancellationToken cancellation)
    {
        using var openssl = Process.Start(new ProcessStartInfo("openssl", ["s_client", "-connect", $"127.0.0.1:{port}", "-cert", path, "-key", path])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        var (output, error) = (openssl.StandardOutput.ReadToEndAsync(cancellation), openssl.StandardError.ReadToEndAsync(cancellation));
        openssl.StandardInput.Close();
        await openssl.WaitForExitAsync(cancellation).WaitAsync(Eventually.Patience, cancellation);
        await error;
        return (await output).Contains("Server certificate", StringComparison.Ordinal);
    }
}
