using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>A broker on real loopback sockets: one plain and one TLS listener, each on a free port.</summary>
sealed class TestBroker : IAsyncDisposable
{
    readonly WebApplication _app;

    TestBroker(WebApplication app, MqttBroker broker, TestPolicy policy, int plainPort, int tlsPort, TestPki pki) =>
        (_app, Broker, Policy, PlainPort, TlsPort, Pki) = (app, broker, policy, plainPort, tlsPort, pki);

    public MqttBroker Broker { get; }
    public TestPolicy Policy { get; }
    public int PlainPort { get; }
    public int TlsPort { get; }
    public TestPki Pki { get; }

    public static async Task<TestBroker> Start(MqttBrokerOptions? options = null, TestPolicy? policy = null, Func<TestPki, MqttTlsOptions>? tls = null)
    {
        policy ??= new TestPolicy();
        var pki = TestPki.Shared;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var broker = new MqttBroker(policy, options ?? new MqttBrokerOptions { SweepInterval = TimeSpan.FromMilliseconds(50) }, TimeProvider.System);
        var tlsOptions = tls?.Invoke(pki) ?? new MqttTlsOptions { ServerCertificate = () => pki.Server };
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseMqtt(broker));
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.UseMqttTls(tlsOptions);
                listen.UseMqtt(broker);
            });
        });
        var app = builder.Build();
        app.Run(_ => Task.CompletedTask);
        await app.StartAsync();
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address).Port).ToArray();
        return new TestBroker(app, broker, policy, ports[0], ports[1], pki);
    }

    public Task<MqttClientConnection> Connect(string clientId, ProtocolVersion version = ProtocolVersion.V311, bool clean = true, Will? will = null, uint? expiry = null) =>
        MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = "127.0.0.1", Port = PlainPort, ClientId = clientId, Version = version, CleanStart = clean, Will = will, SessionExpiry = expiry,
        });

    public MqttConnectionOptions Tls(string clientId, ProtocolVersion version = ProtocolVersion.V311, MqttClientTls? tls = null) => new()
    {
        Host = "localhost", Port = TlsPort, ClientId = clientId, Version = version, Tls = tls ?? Pki.ClientTls(),
    };

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        await _app.StopAsync(new CancellationToken(true)).ContinueWith(_ => { }, TaskScheduler.Default);
        await _app.DisposeAsync();
    }
}

/// <summary>Says yes, remembers, and can be told otherwise.</summary>
sealed class TestPolicy : IMqttPolicy
{
    public Func<ConnectAttempt, ConnectVerdict> OnConnect { get; set; } = _ => ConnectVerdict.Accept("state");
    public Func<MqttClient, Publish, PublishVerdict> OnPublish { get; set; } = (_, _) => PublishVerdict.Route;
    public Func<string, QoS, ReasonCode> OnSubscribe { get; set; } = (_, qos) => (ReasonCode)qos;
    public Func<MqttClient, Publish, bool> OnReceive { get; set; } = (_, _) => true;
    public Func<MqttClient, Publish, ValueTask> Reserved { get; set; } = (_, _) => default;
    public bool CloseOnRefusedSubscribe { get; set; }
    public System.Collections.Concurrent.ConcurrentQueue<(string ClientId, DisconnectCause Cause)> Left { get; } = new();
    public System.Collections.Concurrent.ConcurrentQueue<ConnectAttempt> Attempts { get; } = new();

    public ValueTask<ConnectVerdict> AuthorizeConnect(ConnectAttempt attempt, CancellationToken cancellation)
    {
        Attempts.Enqueue(attempt);
        return new(OnConnect(attempt));
    }

    public PublishVerdict AuthorizePublish(MqttClient client, Publish publish) => OnPublish(client, publish);

    public ReasonCode AuthorizeSubscribe(MqttClient client, string filter, QoS requested, out bool close)
    {
        close = CloseOnRefusedSubscribe;
        return OnSubscribe(filter, requested);
    }

    public bool AuthorizeReceive(MqttClient client, Publish publish) => OnReceive(client, publish);
    public ValueTask OnReserved(MqttClient client, Publish publish) => Reserved(client, publish);
    public void OnConnected(MqttClient client) { }
    public void OnDisconnected(MqttClient client, DisconnectCause cause) => Left.Enqueue((client.ClientId, cause));
}
