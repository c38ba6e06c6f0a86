using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Cli;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Bench;

/// <summary>
/// Live sessions on two gateways, revoked one by one: from the operator's call to the connection's end at the device, with the whole platform
/// on this machine.
/// </summary>
static class RevokeBench
{
    public static async Task<int> Run(string[] args)
    {
        var sessions = Option(args, "--sessions", 1_000);
        var revocations = Option(args, "--revocations", Math.Min(sessions, 700));
        var warmUp = Option(args, "--warm-up", revocations * 2 / 7); // the first after a start: code that nobody has run yet, and the compiler at work on all of it
        await using var fleet = await Fleet.Start();
        var endpoints = FleetEndpoints.Read(fleet.Directory);
        using var controlPlane = new ControlPlaneClient(endpoints);
        using var second = await SecondGateway.Start(fleet);
        await controlPlane.CreatePolicy("bench-device", Everything, CancellationToken.None);

        var live = new (string Certificate, MqttClientConnection Connection)[sessions];
        using var root = X509CertificateLoader.LoadCertificateFromFile(endpoints.RootCa);
        await Parallel.ForEachAsync(Enumerable.Range(0, sessions), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, cancellation) =>
        {
            var made = await controlPlane.CreateKeysAndCertificate(cancellation);
            await controlPlane.AttachPolicy("bench-device", made.Arn, cancellation);
            using var key = KeyPair.FromPem(made.PrivateKeyPem);
            live[number] = (made.CertificateId, await MqttClientConnection.Connect(new MqttConnectionOptions
            {
                Host = "localhost", Port = number % 2 == 0 ? endpoints.MqttPort : second.Port, ClientId = $"bench-{number}", Version = ProtocolVersion.V500,
                Tls = new() { Certificate = key.ToX509(made.CertificatePem), Roots = [root] },
            }, cancellation));
        });

        var took = new List<(double At, double Answered, double Closed)>(revocations);
        var start = Stopwatch.GetTimestamp();
        foreach (var (certificate, connection) in live.Take(revocations))
        {
            var began = Stopwatch.GetTimestamp();
            var closed = connection.Closed.ContinueWith(_ => Stopwatch.GetElapsedTime(began), TaskScheduler.Default);
            await controlPlane.UpdateCertificate(certificate, "REVOKED", CancellationToken.None);
            var answered = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            took.Add((Stopwatch.GetElapsedTime(start, began).TotalSeconds, answered, (await closed.WaitAsync(TimeSpan.FromSeconds(30))).TotalMilliseconds));
        }

        var stay = live.Skip(revocations).Count(each => !each.Connection.Closed.IsCompleted);
        Line($"sessions     {sessions} on two gateways; {revocations} revoked one by one; {stay} of the other {sessions - revocations} still live");
        Print($"the first {warmUp} after the start", took.Take(warmUp));
        Print($"the other {revocations - warmUp}", took.Skip(warmUp));
        Line($"slowest of them: {string.Join("; ", took.Skip(warmUp).OrderByDescending(each => each.Closed).Take(8).OrderBy(each => each.At).Select(each => $"at {each.At:0.0} s closed after {each.Closed:0} ms, answered after {each.Answered:0}"))}");
        foreach (var (_, connection) in live) await connection.DisposeAsync();
        return 0;
    }

    static void Print(string which, IEnumerable<(double At, double Answered, double Closed)> took)
    {
        double[] times = [.. took.Select(each => each.Closed).Order()];
        if (times.Length > 0) Line($"{which}: call to close p50 {times[times.Length / 2]:0.0} ms, p99 {times[(int)(times.Length * 0.99)]:0.0} ms, longest {times[^1]:0.0} ms");
    }

    const string Everything = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}""";

    internal static int Option(string[] args, string name, int usual)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? usual : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }

    internal static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
