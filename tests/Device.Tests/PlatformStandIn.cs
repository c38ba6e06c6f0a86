using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FleetPlatform.Cbor;
using FleetPlatform.Mqtt;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Device.Tests;

/// <summary>As much of the platform as a device sees: the real broker over real TLS, and behind it a certificate authority in ten lines.</summary>
public sealed class PlatformStandIn : IMqttPolicy, IAsyncDisposable
{
    readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly X509Certificate2 _authority;
    readonly ConcurrentDictionary<string, string> _tokens = new(); // token → certificate id
    readonly ConcurrentDictionary<string, bool> _active = new();
    WebApplication _app = null!;
    MqttBroker _broker = null!;
    (string Topic, byte[] Body)? _late;

    PlatformStandIn()
    {
        var request = new CertificateRequest("CN=root", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Claim = MakeCredential("claim");
        _active[Claim.CertificateId] = true;
    }

    public Credential Claim { get; }
    public int Port { get; private set; }

    /// <summary>Requests seen, by their topic without the format.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>What becomes of the next requests; when empty they are served.</summary>
    internal ConcurrentQueue<Mishap> Mishaps { get; } = new();

    public X509Certificate2Collection Roots => [_authority];

    /// <summary>Ordinary messages of devices.</summary>
    public ConcurrentQueue<(string Topic, string Body)> Published { get; } = new();

    /// <summary>True: what is registered from now on is refused when it connects.</summary>
    public bool RegistersInVain { get; set; }

    /// <summary>True: nobody is let in.</summary>
    public bool LetsNobodyIn { get; set; }

    /// <summary>True: no request may be published.</summary>
    public bool RefusesRequests { get; set; }

    /// <summary>Tells a device to rotate, as the platform does.</summary>
    public void Command(string thing, string certificateId) => _broker.Publish(new()
    {
        Topic = $"devices/{thing}/certs/rotate",
        QoS = QoS.AtLeastOnce,
        Payload = JsonSerializer.SerializeToUtf8Bytes(new { command = "rotate", rotation = $"{thing}-1", certificateId, template = "fleet-rotation" }),
    });

    /// <summary>Makes a pair that works and sends it to a device, as simple firmware expects it.</summary>
    public Credential Push(string thing)
    {
        var pair = MakeCredential(thing);
        _active[pair.CertificateId] = true;
        _broker.Publish(new()
        {
            Topic = $"devices/{thing}/certs/rotate",
            QoS = QoS.AtLeastOnce,
            Payload = JsonSerializer.SerializeToUtf8Bytes(new { new_certificate = pair.CertificatePem, new_private_key = pair.PrivateKeyPem }),
        });
        return pair;
    }

    public bool IsActive(string certificateId) => _active.ContainsKey(certificateId);

    public static async Task<PlatformStandIn> Start()
    {
        var platform = new PlatformStandIn();
        var server = platform.MakeCredential("localhost", "localhost");
        var context = server.Context;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        platform._broker = new MqttBroker(platform, new MqttBrokerOptions(), TimeProvider.System);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UseMqttTls(new MqttTlsOptions { ServerCertificate = () => context });
            listen.UseMqtt(platform._broker);
        }));
        platform._app = builder.Build();
        await platform._app.StartAsync();
        platform.Port = new Uri(platform._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return platform;
    }

    public DeviceOptions Options(string serial = "0042") => new()
    {
        Host = "localhost",
        Port = Port,
        Roots = Roots,
        TemplateName = "sensors",
        Parameters = new Dictionary<string, string> { ["SerialNumber"] = serial },
        AnswerTimeout = Eventually.Patience,
        ConnectTimeout = Eventually.Patience,
        Retry = new() { FirstDelay = TimeSpan.FromMilliseconds(1) },
    };

    public ValueTask<ConnectVerdict> AuthorizeConnect(ConnectAttempt attempt, CancellationToken cancellation) =>
        new(!LetsNobodyIn && IsActive(Convert.ToHexStringLower(SHA256.HashData(attempt.ClientCertificate.Span)))
            ? ConnectVerdict.Accept(null)
            : ConnectVerdict.Refuse(ReasonCode.NotAuthorized));

    public PublishVerdict AuthorizePublish(MqttClient client, Publish publish)
    {
        if (publish.Topic.StartsWith('$')) return RefusesRequests ? PublishVerdict.Refuse(ReasonCode.NotAuthorized) : PublishVerdict.Reserved;
        Published.Enqueue((publish.Topic, System.Text.Encoding.UTF8.GetString(publish.Payload.Span)));
        return PublishVerdict.Route;
    }

    public ReasonCode AuthorizeSubscribe(MqttClient client, string filter, QoS requested, out bool close)
    {
        close = false;
        return requested == QoS.AtMostOnce ? ReasonCode.Success : ReasonCode.GrantedQoS1;
    }

    public bool AuthorizeReceive(MqttClient client, Publish publish) => true;

    public ValueTask OnReserved(MqttClient client, Publish publish)
    {
        var format = publish.Topic.EndsWith("cbor", StringComparison.Ordinal) ? PayloadFormat.Cbor : PayloadFormat.Json;
        Requests.Enqueue(publish.Topic[..publish.Topic.LastIndexOf('/')]);
        if (Mishaps.TryDequeue(out var mishap) && mishap is not None)
        {
            if (mishap is Rejection rejection) client.Deliver(publish.Topic + "/rejected", Rejected(format, rejection), QoS.AtLeastOnce);
            else if (mishap is Drop) client.Close(ReasonCode.UnspecifiedError);
            if (mishap is Late) _late = (publish.Topic + "/accepted", Serve(publish, format));
            return ValueTask.CompletedTask;
        }

        var body = Serve(publish, format);
        if (_late is { } late) client.Deliver(late.Topic, late.Body, QoS.AtLeastOnce);
        _late = null;
        client.Deliver(publish.Topic + "/accepted", body, QoS.AtLeastOnce);
        return ValueTask.CompletedTask;
    }

    byte[] Serve(Publish publish, PayloadFormat format) => publish.Topic.Contains("/certificates/create/", StringComparison.Ordinal) ? CreateKeys(format)
        : publish.Topic.Contains("/create-from-csr/", StringComparison.Ordinal) ? CreateFromCsr(format, publish.Payload)
        : RegisterThing(format, publish.Payload);

    public void OnConnected(MqttClient client) { }

    public void OnDisconnected(MqttClient client, DisconnectCause cause) { }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _app.DisposeAsync();
        _authorityKey.Dispose();
    }

    byte[] CreateKeys(PayloadFormat format)
    {
        var credential = MakeCredential("device");
        return Issued(format, credential.CertificateId, credential.CertificatePem, credential.PrivateKeyPem);
    }

    byte[] CreateFromCsr(PayloadFormat format, ReadOnlyMemory<byte> payload)
    {
        var csr = ProvisioningPayload.Read(format, payload).Text("certificateSigningRequest");
        using var certificate = Sign(CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256));
        return Issued(format, Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)), certificate.ExportCertificatePem(), null);
    }

    byte[] Issued(PayloadFormat format, string id, string pem, string? key)
    {
        var token = Guid.CreateVersion7().ToString("N");
        _tokens[token] = id;
        var texts = new Dictionary<string, string> { ["certificateId"] = id, ["certificatePem"] = pem, ["certificateOwnershipToken"] = token };
        if (key is not null) texts["privateKey"] = key;
        return ProvisioningPayload.Write(format, texts);
    }

    byte[] RegisterThing(PayloadFormat format, ReadOnlyMemory<byte> payload)
    {
        var request = ProvisioningPayload.Read(format, payload);
        if (!RegistersInVain) _active[_tokens[request.Text("certificateOwnershipToken")]] = true;
        var serial = request.Maps["parameters"].GetValueOrDefault("SerialNumber", "0042"); // a rotation sends none: the platform knows
        return ProvisioningPayload.Write(format, new Dictionary<string, string> { ["thingName"] = $"sensor-{serial}" },
            "deviceConfiguration", new Dictionary<string, string> { ["interval"] = "60" });
    }

    static byte[] Rejected(PayloadFormat format, Rejection rejection)
    {
        if (format == PayloadFormat.Json)
            return JsonSerializer.SerializeToUtf8Bytes(new { statusCode = rejection.Status, errorCode = rejection.Code, errorMessage = "no" });

        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var cbor = new CborWriter(output);
        cbor.WriteStartMap(3);
        cbor.WriteTextString("statusCode");
        cbor.WriteInteger(rejection.Status);
        cbor.WriteTextString("errorCode");
        cbor.WriteTextString(rejection.Code);
        cbor.WriteTextString("errorMessage");
        cbor.WriteTextString("no");
        return output.WrittenSpan.ToArray();
    }

    public Credential MakeCredential(string commonName, string? host = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(host);
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = Sign(request);
        return new(certificate.ExportCertificatePem() + "\n", key.ExportECPrivateKeyPem() + "\n");
    }

    X509Certificate2 Sign(CertificateRequest request) => request.Create(
        _authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_authorityKey), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(20),
        [0x42, .. RandomNumberGenerator.GetBytes(15)]);
}

/// <summary>What goes wrong with a request.</summary>
abstract record Mishap;

/// <summary>Answered on rejected.</summary>
record Rejection(int Status, string Code) : Mishap;

/// <summary>The connection is closed instead of an answer.</summary>
sealed record Drop : Mishap;

/// <summary>No answer.</summary>
sealed record Silence : Mishap;

/// <summary>Answered with what an earlier request should have been, and with what it should be itself before the next one's answer.</summary>
sealed record Late() : Rejection(500, "InternalServerError");

/// <summary>It goes well.</summary>
sealed record None : Mishap;
