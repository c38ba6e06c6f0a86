namespace FleetPlatform.Mqtt.Tests;

/// <summary>Measures the process, so nothing else runs beside it.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>What hostile peers cost in managed memory, server and client together: so much each while they are there, nothing once they are gone.</summary>
[Collection("alone")]
public class HostileMemoryTests
{
    const int KiB = 1024;

    [Theory]
    [InlineData("a CONNECT of 16 KiB that stays without its end", 300, false, 0x10, 16_000, 15_000, 64 * KiB)]
    [InlineData("a PUBLISH of 140 KiB that stays without its end", 100, true, 0x30, 140_000, 100_000, 320 * KiB)]
    [InlineData("nothing at all after CONNECT: half-open", 300, true, 0, 0, 0, 48 * KiB)]
    public async Task Peers_that_hold_out_cost_what_they_sent_and_a_little(string what, int peers, bool connects, byte header, int declared, int sent, int bound)
    {
        await using var test = await TestBroker.Start(new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromMinutes(5) });
        await Wave(4);
        var start = Memory();
        var open = await Wave(peers);
        ((open - start) / peers).ShouldBeLessThan(bound, what);
        await Eventually.Is(() => test.Broker.ClientCount == 0);

        // The buffers of the first wave are kept for the next, which needs no more of them.
        var after = Memory();
        await Wave(peers);
        await Eventually.Is(() => test.Broker.ClientCount == 0 && Memory() < after + ((open - start) / 5) + (256 * KiB), $"the memory of {what} to come back");

        async Task<long> Wave(int count)
        {
            var sockets = new List<RawConnection>(count);
            try
            {
                for (var i = 0; i < count; i++)
                {
                    var raw = await RawConnection.Open(test.PlainPort);
                    sockets.Add(raw);
                    if (connects)
                    {
                        await raw.Send(new Connect { Version = ProtocolVersion.V311, ClientId = $"hostile-{i}", CleanStart = true }, ProtocolVersion.V311);
                        await raw.Read(ProtocolVersion.V311);
                    }

                    if (declared > 0) await raw.Stream.WriteAsync(Cut(header, declared, sent));
                }

                if (connects) test.Broker.ClientCount.ShouldBe(count);
                return Memory();
            }
            finally
            {
                foreach (var raw in sockets) raw.Dispose();
            }
        }
    }

    [Fact]
    public async Task Peers_that_declare_more_than_is_read_and_strangers_over_TLS_leave_nothing_behind()
    {
        await using var test = await TestBroker.Start(policy: new TestPolicy { OnConnect = _ => ConnectVerdict.Refuse(ReasonCode.NotAuthorized) });
        await Wave();
        var start = Memory();
        await Wave();
        await Eventually.Is(() => Memory() < start + (512 * KiB), "the memory of strangers to come back");

        async Task Wave()
        {
            for (var i = 0; i < 40; i++)
            {
                using var raw = await RawConnection.Open(test.PlainPort);
                await raw.Stream.WriteAsync(Cut(0x10, 200_000_000, 60));
                (await raw.IsClosed()).ShouldBeTrue();
                using var certificate = test.Pki.Issue("stranger");
                await Should.ThrowAsync<MqttConnectException>(async () => await MqttClientConnection.Connect(test.Tls($"s{i}", tls: test.Pki.ClientTls(certificate))));
            }

            test.Policy.Attempts.Clear();
        }
    }

    // The beginning of a packet: as many zeros as are sent of those declared.
    static byte[] Cut(byte header, int declared, int sent)
    {
        var packet = new List<byte> { header };
        for (var rest = declared; ;)
        {
            packet.Add((byte)((rest % 128) | (rest > 127 ? 0x80 : 0)));
            rest /= 128;
            if (rest == 0) break;
        }

        packet.AddRange(new byte[sent]);
        return [.. packet];
    }

    static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
