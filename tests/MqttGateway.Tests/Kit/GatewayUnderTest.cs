using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.PostgresKit;
using FleetPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>A whole gateway: real sockets, real TLS, real PostgreSQL. Only the bus ends at <see cref="Neighbours"/>.</summary>
public sealed class GatewayUnderTest : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly PostgresDatabase _database;
    readonly string _folder;

    GatewayUnderTest(WebApplication app, PostgresDatabase database, string folder, Neighbours neighbours, int port, int plainPort, int httpPort)
    {
        (_app, _database, _folder, Neighbours, Port, PlainPort, HttpPort) = (app, database, folder, neighbours, port, plainPort, httpPort);
    }

    internal Neighbours Neighbours { get; }
    public int Port { get; }
    public int PlainPort { get; }
    public int HttpPort { get; }

    public EventStore Store => Get<EventStore>();

    public T Get<T>() where T : class => _app.Services.GetRequiredService<T>();

    public static Task<GatewayUnderTest> Start(params (string Key, string Value)[] settings) => StartWith(static _ => { }, settings);

    internal static async Task<GatewayUnderTest> StartWith(Action<Neighbours> arrange, params (string Key, string Value)[] settings)
    {
        var database = await PostgresDatabase.Create();
        var folder = Directory.CreateTempSubdirectory("fleet-gateway-").FullName;
        var (port, plainPort, httpPort) = (FreePort(), FreePort(), FreePort());
        var neighbours = new Neighbours();
        arrange(neighbours);
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:mqtt-gateway-db"] = database.ConnectionString,
            ["MQTTS_PORT"] = $"{port}",
            ["HTTP_PORTS"] = $"{httpPort}",
            ["MqttGateway:PlainPort"] = $"{plainPort}",
            ["MqttGateway:DataDirectory"] = folder,
            ["MqttGateway:HostNames"] = "localhost,127.0.0.1",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.AddServiceDefaults("mqtt-gateway");
        builder.AddFleetEventStore("mqtt-gateway-db", EventNames.All, store => store.IndexSubjects(FlowSteps.SubjectsOf));
        builder.Services.AddSingleton<IFlowSteps, FlowSteps>();
        builder.Services.AddSingleton<IAsk>(neighbours);
        builder.Services.AddSingleton<IBatcher<FindPrincipal, FindPrincipalAnswer>>(neighbours.Registry);
        builder.Services.AddSingleton<IBatcher<IssueCertificate, IssueCertificateAnswer>>(neighbours.Authority);
        builder.Services.AddSingleton<IBatcher<ProvisionThing, ProvisionThingAnswer>>(neighbours.Engine);
        builder.Services.AddSingleton<IBatcher<Contracts.ThingRegistry.AdmitCertificate, AdmitCertificateAnswer>>(neighbours.Registrar);
        builder.Services.AddSingleton<IBatcher<ProvisionCertificate, ProvisionThingAnswer>>(neighbours.JustInTime);
        builder.Services.AddSingleton<Announce>(provider => message =>
        {
            provider.GetRequiredService<TellRegistrations>().Handle(message);
            return Task.CompletedTask;
        });
        builder.Services.AddSingleton<PrincipalsChangedConsumer>().AddSingleton<PolicyChangedConsumer>();
        builder.AddGateway();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.StartAsync();
        return new(app, database, folder, neighbours, port, plainPort, httpPort);
    }

    internal Task<MqttClientConnection> Connect(
        TestCertificate certificate, string clientId = "", ProtocolVersion version = ProtocolVersion.V500, bool cleanStart = true, Will? will = null,
        SslProtocols protocols = SslProtocols.None, string serverName = "localhost") =>
        MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = "127.0.0.1",
            Port = Port,
            ClientId = clientId,
            Version = version,
            CleanStart = cleanStart,
            SessionExpiry = cleanStart ? null : 300,
            Will = will,
            Tls = new MqttClientTls
            {
                Certificate = certificate.Certificate,
                Roots = [TestAuthority.Root],
                ServerName = serverName,
                Protocols = protocols == SslProtocols.None ? SslProtocols.Tls12 | SslProtocols.Tls13 : protocols,
            },
        });

    /// <summary>A certificate that the registry knows, with these statements.</summary>
    internal TestCertificate Registered(params string[] statements)
    {
        var certificate = TestAuthority.Client();
        Neighbours.Grant(certificate, statements);
        return certificate;
    }

    internal TestCertificate Claim(string template = "sensor") => Registered(Neighbours.ClaimPolicy(template));

    internal async Task<IReadOnlyList<SessionEvent>> Recorded(string stream)
    {
        StreamId.TryParse(stream, out var id).ShouldBeTrue();
        return [.. (await Store.FetchStreamAsync(id)).Select(recorded => (SessionEvent)recorded.Data)];
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

/// <summary>One gateway for all tests of a class.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    public GatewayUnderTest Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await GatewayUnderTest.Start();

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
