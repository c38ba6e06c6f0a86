using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;
using FleetPlatform.PostgresKit;
using FleetPlatform.RabbitKit;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FleetPlatform.CertificateAuthority.Tests;

/// <summary>The service as it runs: its own process, a real PostgreSQL, a real RabbitMQ.</summary>
public sealed class WireTests : IAsyncLifetime
{
    readonly string _folder = TestAuthority.AFolder();
    readonly ConcurrentQueue<IssuedCertificate> _published = [];
    readonly ConcurrentQueue<string> _log = [];
    PostgresDatabase _database = null!;
    string _bus = "";
    Process _service = null!;
    WebApplication _asker = null!;
    Uri _health = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.Create();
        _bus = await RabbitMqServer.TakeVirtualHost();
        _service = Start();
        await Comes(IsHealthy, "the service is healthy");

        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["ConnectionStrings:bus"] = _bus;
        builder.Configuration["Messaging:RequestTimeout"] = "00:00:30"; // the machine may be busy with other tests
        builder.Configuration["Logging:LogLevel:Default"] = "Warning";
        builder.Services.AddSingleton(_published);
        builder.AddServiceDefaults("asker");
        builder.AddFleetBus("asker", bus => bus.AddEventConsumer<Listener>()
            .AddBatcher<IssueCertificates, Contracts.CertificateAuthority.IssueCertificate, IssueCertificatesAnswer, IssueCertificateAnswer>());
        _asker = builder.Build();
        await _asker.StartAsync();
    }

    [Fact]
    public async Task It_issues_in_batches_publishes_explains_and_survives_a_kill()
    {
        var batcher = _asker.Services.GetRequiredService<IBatcher<Contracts.CertificateAuthority.IssueCertificate, IssueCertificateAnswer>>();
        var ask = _asker.Services.GetRequiredService<IAsk>();
        var root = CertificateText.ReadPem(await File.ReadAllTextAsync(Path.Combine(_folder, "root-ca.pem")));
        var anchors = (await ask.Ask<GetTrustAnchors, TrustAnchors>(new())).Value!;
        CertificateText.ReadPem(anchors.IntermediatesPem.Single()).IsSignedBy(root).ShouldBeTrue();

        var commands = Enumerable.Range(0, 40).Select(i => TestAuthority.Asking(i == 7 ? "garbage" : TestAuthority.ACsr($"SN-{i}"))).ToArray();
        var answers = await Task.WhenAll(commands.Select(command => batcher.Ask(command, CancellationToken.None)));

        answers[7].Refused!.Code.ShouldBe("invalid-csr");
        answers.Where((_, i) => i != 7).ShouldAllBe(answer => answer.Refused == null);
        await Comes(() => Task.FromResult(_published.Count >= 39), "every certificate is published");
        _published.Select(issued => issued.CertificateId).ToHashSet().SetEquals(answers.Where((_, i) => i != 7).Select(answer => answer.CertificateId!)).ShouldBeTrue();

        var steps = (await ask.AskService<FindFlowSteps, FlowStepsFound>("certificate-authority",
            new() { Subjects = [commands[0].Flow.FlowId, commands[7].Flow.FlowId] })).Value!.Steps;
        steps.Select(step => step.ReasonCode).ShouldBe([null, "invalid-csr"], ignoreOrder: true);
        var events = (await ask.AskService<ReadStream, StreamRead>("certificate-authority",
            new() { StreamId = $"certificate-{answers[0].CertificateId}" })).Value!.Events;
        events.Single().Type.ShouldBe("certificate.signed.v1");

        var server = (await ask.Ask<Contracts.CertificateAuthority.IssueServerCertificate, ServerCertificateIssued>(
            new() { CertificateSigningRequest = TestAuthority.ACsr("localhost"), Names = ["localhost"] })).Value!;
        CertificateText.ReadPem(server.CertificatePem).DnsNames.ShouldBe(["localhost"]);

        _service.Kill(entireProcessTree: true);
        await _service.WaitForExitAsync();
        _service = Start();
        await Comes(IsHealthy, "the service is healthy again");
        var again = await batcher.Ask(TestAuthority.Asking(TestAuthority.ACsr()), CancellationToken.None);
        again.Refused.ShouldBeNull();
        (await ask.Ask<GetTrustAnchors, TrustAnchors>(new())).Value!.RootPem.ShouldBe(anchors.RootPem);
        string.Join('\n', _log).ShouldNotContain("PRIVATE");
        string.Join('\n', _log).ShouldNotContain(TestAuthority.Passphrase);
    }

    Process Start()
    {
        var port = FreePort();
        _health = new($"http://127.0.0.1:{port}/health");
        var start = new ProcessStartInfo("dotnet", typeof(EventNames).Assembly.Location)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
                ["ConnectionStrings__certificate-authority-db"] = _database.ConnectionString,
                ["ConnectionStrings__bus"] = _bus,
                ["CertificateAuthority__DataDirectory"] = _folder,
                ["CertificateAuthority__KeyPassphrase"] = TestAuthority.Passphrase,
                ["CertificateAuthority__RsaPoolSize"] = "0",
                ["OwnershipToken__Key"] = Convert.ToBase64String(new byte[32]),
            },
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    async Task<bool> IsHealthy()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            return (await http.GetAsync(_health)).StatusCode == HttpStatusCode.OK;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    // With the service's last lines: why it did not come is there.
    async Task Comes(Func<Task<bool>> condition, string what)
    {
        try
        {
            await Eventually.Is(async () => !_service.HasExited && await condition(), what);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{string.Join('\n', _log.TakeLast(40))}", late);
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (_asker is not null) await _asker.DisposeAsync();
        if (_service is { HasExited: false }) _service.Kill(entireProcessTree: true);
        _service?.Dispose();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    sealed class Listener(ConcurrentQueue<IssuedCertificate> published) : IConsumer<CertificatesIssued>
    {
        public Task Consume(ConsumeContext<CertificatesIssued> context)
        {
            foreach (var item in context.Message.Items) published.Enqueue(item);
            return Task.CompletedTask;
        }
    }
}
