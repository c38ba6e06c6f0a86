using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Authentication;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Bench;

/// <summary>Our MQTT library next to mosquitto, on the same machine in the same run: CPU of the server per mutual-TLS connect and per message, and memory per idle connection.</summary>
static partial class MqttBench
{
    const int Parallel = 16;

    /// <param name="args">Options: <c>--connects N</c>, <c>--messages N</c>, <c>--idle N</c>, <c>--rounds N</c>, <c>--only connects|messages|idle</c>.</param>
    public static async Task<int> Run(string[] args)
    {
        if (args is ["--serve", ..]) return await Serve();
        var only = Option(args, "--only");
        var rounds = int.Parse(Option(args, "--rounds") ?? "3", CultureInfo.InvariantCulture);
        await using var mosquitto = await Mosquitto.Start(default);
        using var ours = ServerProcess.Start();
        Server[] servers = [new("mosquitto", mosquitto.ProcessId, mosquitto.Port), new("FleetPlatform.Mqtt", ours.Id, ours.Port)];
        var tls = new MqttClientTls
        {
            CertificateContext = System.Net.Security.SslStreamCertificateContext.Create(mosquitto.Client, null, offline: true),
            ValidateServer = (_, certificate, _, _) => certificate is not null, // whose server it is, we know: we started it
        };
        Console.WriteLine($"{Environment.ProcessorCount} processors, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}, {DateTime.UtcNow:yyyy-MM-dd}");
        if (only is null or "connects") await Connects(servers, tls, int.Parse(Option(args, "--connects") ?? "2000", CultureInfo.InvariantCulture), rounds);
        if (only is null or "messages") await Messages(servers, tls, int.Parse(Option(args, "--messages") ?? "200000", CultureInfo.InvariantCulture), rounds);
        if (only is null or "idle") await Idle(servers, tls, int.Parse(Option(args, "--idle") ?? "2000", CultureInfo.InvariantCulture));
        return 0;
    }

    sealed record Server(string Name, int ProcessId, int Port);

    static string? Option(string[] args, string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

    static Task<MqttClientConnection> Connect(Server server, MqttClientTls tls, string clientId, SslProtocols protocols = SslProtocols.Tls13) =>
        MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = "127.0.0.1", Port = server.Port, ClientId = clientId, KeepAlive = TimeSpan.FromSeconds(600), IncomingCapacity = 4096,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            Tls = new MqttClientTls { CertificateContext = tls.CertificateContext, ValidateServer = tls.ValidateServer, ServerName = "localhost", Protocols = protocols },
        });

    static async Task Connects(Server[] servers, MqttClientTls tls, int connects, int rounds)
    {
        Console.WriteLine($"\nMutual-TLS connects, full handshakes, CONNECT to CONNACK: server CPU-ms each ({connects} per round, {Parallel} at once)");
        foreach (var protocol in new[] { SslProtocols.Tls13, SslProtocols.Tls12 })
        {
            var figures = servers.ToDictionary(server => server.Name, _ => new List<double>());
            foreach (var server in servers) await ConnectMany(server, tls, 400, protocol);
            for (var round = 0; round < rounds; round++)
            {
                foreach (var server in servers)
                {
                    var before = ProcessCpu.Milliseconds(server.ProcessId);
                    await ConnectMany(server, tls, connects, protocol);
                    figures[server.Name].Add((ProcessCpu.Milliseconds(server.ProcessId) - before) / connects);
                }
            }

            Print(protocol.ToString(), servers, name => Median(figures[name]), "F2", lowerIsBetter: true);
        }
    }

    static Task ConnectMany(Server server, MqttClientTls tls, int count, SslProtocols protocol)
    {
        var next = 0;
        return Task.WhenAll(Enumerable.Range(0, Parallel).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= count;)
            {
                await using var connection = await Connect(server, tls, $"c{i}", protocol);
                await connection.Disconnect();
            }
        }));
    }

    static async Task Messages(Server[] servers, MqttClientTls tls, int messages, int rounds)
    {
        Console.WriteLine("\nMessages delivered per server CPU-second, 100-byte payload, mutual TLS 1.3");
        foreach (var (label, qos, receivers) in new[] { ("1 to 1, QoS 0", QoS.AtMostOnce, 1), ("1 to 1, QoS 1", QoS.AtLeastOnce, 1), ("1 to 100, QoS 1", QoS.AtLeastOnce, 100) })
        {
            var figures = servers.ToDictionary(server => server.Name, _ => new List<double>());
            for (var round = 0; round <= rounds; round++)
            {
                foreach (var server in servers)
                {
                    var rate = await Flood(server, tls, messages / (qos == QoS.AtMostOnce ? 1 : 4) / receivers, qos, receivers);
                    if (round > 0) figures[server.Name].Add(rate);
                }
            }

            Print(label, servers, name => Median(figures[name]), "N0", lowerIsBetter: false);
        }
    }

    // The publisher never has more on the way than the receivers' queues hold, so that nothing is dropped.
    static async Task<double> Flood(Server server, MqttClientTls tls, int messages, QoS qos, int receivers)
    {
        var subscribers = new List<MqttClientConnection>();
        for (var i = 0; i < receivers; i++)
        {
            var subscriber = await Connect(server, tls, $"s{i}");
            await subscriber.Subscribe("bench/topic", qos);
            subscribers.Add(subscriber);
        }

        await using var publisher = await Connect(server, tls, "p");
        var received = 0L;
        var reading = subscribers.Select(async subscriber =>
        {
            for (var i = 0; i < messages; i++)
            {
                await subscriber.Incoming.ReadAsync();
                Interlocked.Increment(ref received);
            }
        }).ToArray();
        var payload = new byte[100];
        var before = ProcessCpu.Milliseconds(server.ProcessId);
        for (var sent = 0; sent < messages;)
        {
            var window = Math.Min(qos == QoS.AtMostOnce ? 200 : 50, messages - sent);
            var packets = new Task[window];
            for (var i = 0; i < window; i++) packets[i] = publisher.Publish("bench/topic", payload, qos);
            await Task.WhenAll(packets);
            sent += window;
            var patience = Stopwatch.StartNew();
            while (Volatile.Read(ref received) < (long)(sent - 200) * receivers && patience.Elapsed < TimeSpan.FromSeconds(5)) await Task.Yield();
        }

        await Task.WhenAll(reading).WaitAsync(TimeSpan.FromSeconds(30));
        var cpu = ProcessCpu.Milliseconds(server.ProcessId) - before;
        foreach (var subscriber in subscribers) await subscriber.Disconnect();
        await publisher.Disconnect();
        return (double)messages * receivers / Math.Max(cpu, 10) * 1000;
    }

    static async Task Idle(Server[] servers, MqttClientTls tls, int connections)
    {
        Console.WriteLine($"\nMemory per idle mutual-TLS connection, KiB ({connections} connections)");
        var figures = new Dictionary<string, double>();
        foreach (var server in servers)
        {
            var before = ProcessCpu.ResidentMebibytes(server.ProcessId);
            var open = new List<MqttClientConnection>();
            for (var i = 0; i < connections; i += Parallel)
                open.AddRange(await Task.WhenAll(Enumerable.Range(i, Parallel).Select(n => Connect(server, tls, $"i{n}"))));
            await Task.Delay(TimeSpan.FromSeconds(3));
            figures[server.Name] = (ProcessCpu.ResidentMebibytes(server.ProcessId) - before) * 1024 / open.Count;
            foreach (var connection in open) await connection.DisposeAsync();
        }

        Print("idle", servers, name => figures[name], "F1", lowerIsBetter: true);
    }

    static void Print(string label, Server[] servers, Func<string, double> figure, string format, bool lowerIsBetter)
    {
        var peer = figure(servers[0].Name);
        var ours = figure(servers[1].Name);
        var ratio = lowerIsBetter ? ours / peer : peer / ours;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {label,-18} {servers[0].Name} {peer.ToString(format, CultureInfo.InvariantCulture)}   {servers[1].Name} {ours.ToString(format, CultureInfo.InvariantCulture)}   cost ratio {ratio:F2}"));
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
