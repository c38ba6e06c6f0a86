using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.PostgresKit;
using Npgsql;

namespace FleetPlatform.Bench;

/// <summary>
/// What a certificate costs: CSR in, certificate out. The steps alone on one thread, next to the framework's CertificateRequest; then as servers
/// over HTTP, in turns, next to <c>cfssl serve</c>; last with intent and fact recorded durably, as the authority does it.
/// </summary>
static class IssueBench
{
    const int Csrs = 256;

    /// <param name="args"><c>--seconds n</c> per measurement (default 5), <c>--rounds n</c> of the servers (default 3), <c>--parallel n</c> askers (default 8).</param>
    public static async Task<int> Run(string[] args)
    {
        if (args is ["--serve", var port, .. var database]) return await IssueServer.Serve(int.Parse(port, CultureInfo.InvariantCulture), database.FirstOrDefault());
        var seconds = Option("--seconds", 5);
        var parallel = Option("--parallel", 8);
        var requests = Enumerable.Range(0, Csrs).Select(i =>
        {
            using var key = KeyPair.CreateEcdsaP256();
            return key.CreateSigningRequest($"SN-{i:D6}");
        }).ToArray();

        AloneOnOneThread(requests, seconds);
        await AsServers(requests, seconds, Option("--rounds", 3), parallel);
        await Durably(requests, seconds);
        return 0;

        int Option(string name, int absent) =>
            Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : absent;
    }

    static void AloneOnOneThread(string[] requests, int seconds)
    {
        using var path = new IssuePath(store: null);
        var read = Array.ConvertAll(requests, request => SigningRequest.Read(request));
        var prepared = path.Prepare(read[0]);
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=bench", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = caRequest.CreateSelfSigned(IssuePath.Now.AddDays(-1), IssuePath.Now.AddDays(400));

        Console.WriteLine("| one thread | CPU µs | bytes allocated |");
        Console.WriteLine("|---|---|---|");
        Step("read and verify a CSR", i => SigningRequest.Read(requests[i]));
        Step("assemble and lint", i => path.Prepare(read[i]));
        Step("sign", _ => path.Signer.Sign(path.Signer.Resume(prepared.Tbs)));
        Step("**issue, all of it**", i => path.Signer.Sign(path.Prepare(SigningRequest.Read(requests[i]))));
        Step("the framework's CertificateRequest", i => CertificateRequest
            .LoadSigningRequestPem(requests[i], HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default)
            .Create(ca, IssuePath.Now, IssuePath.Now.AddDays(365), RandomNumberGenerator.GetBytes(16)).Dispose());
        Console.WriteLine();

        void Step(string name, Action<int> work)
        {
            for (var warm = Stopwatch.StartNew(); warm.Elapsed.TotalSeconds < 1;) work(0);
            var count = 0;
            var (cpu, bytes) = (Process.GetCurrentProcess().TotalProcessorTime, GC.GetAllocatedBytesForCurrentThread());
            for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds; count++) work(count % Csrs);
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            var micros = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {micros:F0} | {bytes / count:N0} |"));
        }
    }

    static async Task AsServers(string[] requests, int seconds, int rounds, int parallel)
    {
        await using var peer = await Cfssl.Start(CancellationToken.None);
        await using var ours = await IssueServer.Start(null, CancellationToken.None);
        var (theirs, own) = (new List<(double Rate, double Cpu)>(), new List<(double Rate, double Cpu)>());
        for (var round = -1; round < rounds; round++)
        {
            // The first round warms both: the compiler comes back for what runs often, for seconds.
            var duration = round < 0 ? Math.Max(seconds, 8) : seconds;
            var a = await Ask(peer.Address, peer.ProcessId, requests, round < 0 ? 1 : duration, parallel);
            var b = await Ask(ours.Address, ours.ProcessId, requests, duration, parallel);
            if (round < 0) continue;
            theirs.Add(a);
            own.Add(b);
        }

        Console.WriteLine($"| server over HTTP, {parallel} askers, median of {rounds} rounds | certificates/s | server CPU-ms per certificate |");
        Console.WriteLine("|---|---|---|");
        Row("cfssl sign (records nothing)", theirs);
        Row("FleetPlatform.Pki on Kestrel (records nothing)", own);
        Console.WriteLine();

        static void Row(string name, List<(double Rate, double Cpu)> rounds) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {rounds.Select(r => r.Rate).Order().ElementAt(rounds.Count / 2):N0} | {rounds.Select(r => r.Cpu).Order().ElementAt(rounds.Count / 2):F3} |"));
    }

    static async Task<(double Rate, double Cpu)> Ask(Uri address, int processId, string[] requests, int seconds, int parallel)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = parallel });
        var bodies = Array.ConvertAll(requests, request => new { certificate_request = request });
        var before = ProcessCpu.Milliseconds(processId);
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, parallel).Select(async asker =>
        {
            var count = 0;
            while (watch.Elapsed.TotalSeconds < seconds)
            {
                using var answer = await http.PostAsJsonAsync(address, bodies[(asker + (count++ * parallel)) % Csrs]);
                if (!(await answer.Content.ReadAsStringAsync()).Contains("BEGIN CERTIFICATE", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{address} did not sign.");
            }

            return count;
        }));
        return (counts.Sum() / watch.Elapsed.TotalSeconds, (ProcessCpu.Milliseconds(processId) - before) / counts.Sum());
    }

    static async Task Durably(string[] requests, int seconds)
    {
        await using var database = await PostgresDatabase.CreateDurable();
        await using var dataSource = EventStore.CreateDataSource(database.ConnectionString);
        await using var store = IssuePath.Open(dataSource);
        await store.EnsureSchemaAsync();
        using var path = new IssuePath(store);
        var postmaster = await FindPostmaster(dataSource);

        Console.WriteLine("| intent and fact recorded, sessions | certificates/s | CPU-ms per certificate, authority + PostgreSQL | p50 / p99 ms |");
        Console.WriteLine("|---|---|---|---|");
        await Measure(32, 6);
        foreach (var sessions in (int[])[1, 8, 32, 128]) Console.WriteLine($"| {sessions} | {await Measure(sessions, seconds)} |");

        async Task<string> Measure(int sessions, int duration)
        {
            var (own, server) = (Process.GetCurrentProcess().TotalProcessorTime, ProcessCpu.Milliseconds(postmaster));
            var watch = Stopwatch.StartNew();
            var waits = (await Task.WhenAll(Enumerable.Range(0, sessions).Select(session => Task.Run(async () =>
            {
                var waited = new List<double>();
                while (watch.Elapsed.TotalSeconds < duration)
                {
                    var began = Stopwatch.GetTimestamp();
                    await path.Issue(requests[(session + waited.Count) % Csrs]);
                    waited.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }

                return waited;
            })))).SelectMany(waited => waited).Order().ToList();
            var elapsed = watch.Elapsed.TotalSeconds;
            var ownCpu = (Process.GetCurrentProcess().TotalProcessorTime - own).TotalMilliseconds / waits.Count;
            var serverCpu = (ProcessCpu.Milliseconds(postmaster) - server) / waits.Count;
            return string.Create(CultureInfo.InvariantCulture,
                $"{waits.Count / elapsed:N0} | {ownCpu:F3} + {serverCpu:F3} = {ownCpu + serverCpu:F3} | {waits[waits.Count / 2]:F1} / {waits[waits.Count * 99 / 100]:F1}");
        }
    }

    // The server has to be on this machine: its CPU time is read from /proc.
    static async Task<int> FindPostmaster(NpgsqlDataSource dataSource)
    {
        await using var command = dataSource.CreateCommand("select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int");
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
