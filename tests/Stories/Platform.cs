using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using FleetPlatform.Cli;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.Stories;
using FleetPlatform.TestKit;

[assembly: AssemblyFixture(typeof(Platform))]

namespace FleetPlatform.Stories;

/// <summary>The running platform that all stories share, with the operator who looks after it.</summary>
public sealed class Platform : IAsyncLifetime
{
    /// <summary>The template that stories provision with: the thing is named by its serial number.</summary>
    public const string Template = "stories";

    /// <summary>A claim policy that allows any template, for the stories in which the template is what is wrong.</summary>
    public const string OpenClaim = "*";

    static readonly Lock Gate = new();
    readonly Dictionary<string, Task<CreatedCertificate>> _claims = new(StringComparer.Ordinal);
    int _serials;

    public Fleet Fleet { get; private set; } = null!;
    public OtlpReceiver Telemetry { get; private set; } = null!;
    internal FleetEndpoints Endpoints { get; private set; } = null!;
    internal ControlPlaneClient Operator { get; private set; } = null!;
    X509Certificate2 Root { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Telemetry = await OtlpReceiver.Start();
        Fleet = await Fleet.Start(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Telemetry.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            // Stories ask whether the answer is right, on machines that may be slow and services that have just started.
            ["Messaging__RequestTimeout"] = "00:00:15",
            ["MqttGateway__RequestTimeout"] = "00:00:08",
            ["RotationScheduler__RepeatCommandsAfter"] = "00:00:03",
            ["RotationScheduler__Period"] = "00:00:01", // a rotation has half a dozen turns
            ["Revocation__LogPeriod"] = "00:00:01",
            ["Storage__WitnessPeriod"] = "00:00:01",
        });
        Endpoints = FleetEndpoints.Read(Fleet.Directory);
        Operator = new(Endpoints);
        Root = X509CertificateLoader.LoadCertificateFromFile(Endpoints.RootCa);
        // What a service that has just started is asked first may outlast the operator's patience: ask again, as the refusal says.
        await Eventually.Holds(() => Once(() => Operator.CreatePolicy("stories-device", DevicePolicy(Operator.Arns), CancellationToken.None)));
        await Eventually.Holds(() => Once(() => CreatesTemplate(Template)));
        await Eventually.Holds(() => Operator.ListIssuers(CancellationToken.None));
    }

    // A call that was answered "unavailable" may have been carried out all the same.
    static async Task Once(Func<Task> create)
    {
        try
        {
            await create();
        }
        catch (RequestRefusedException refused) when (refused.Message.StartsWith("ResourceAlreadyExists", StringComparison.Ordinal))
        {
            // It was.
        }
    }

    /// <summary>A CSR for a new key, which nobody needs afterwards.</summary>
    public static string OwnRequest(string name)
    {
        using var key = KeyPair.CreateEcdsaP256();
        return key.CreateSigningRequest(name);
    }

    public async ValueTask DisposeAsync()
    {
        Operator?.Dispose();
        Root?.Dispose();
        if (Fleet is not null) await Fleet.DisposeAsync();
        if (Telemetry is not null) await Telemetry.DisposeAsync();
    }

    /// <summary>A serial number that no other story uses.</summary>
    public string NewSerial(string story) => $"SN-{story}-{Interlocked.Increment(ref _serials):000}";

    public Task CreatesTemplate(string name, bool enabled = true) =>
        Operator.CreateTemplate(name, ExamplePolicies.Template("stories-device"), CancellationToken.None, enabled);

    /// <summary>Connects with a claim certificate that may provision with one template, or with any.</summary>
    internal async Task<Exchange> ConnectsWithClaim(string clientId, string template = Template, ProtocolVersion version = ProtocolVersion.V311, int? port = null)
    {
        var claim = await Claim(template);
        using var key = KeyPair.FromPem(claim.PrivateKeyPem);
        return new(await Connects(key.ToX509(claim.CertificatePem), clientId, version, port: port));
    }

    /// <summary>The claim that stories with this template share.</summary>
    internal Task<CreatedCertificate> Claim(string template)
    {
        lock (Gate)
            return _claims.TryGetValue(template, out var claim)
                ? claim
                : _claims[template] = ClaimCommand.Make(template == OpenClaim ? "open" : template, template, Operator, CancellationToken.None);
    }

    /// <summary>A device with its own certificate, provisioned by CSR.</summary>
    internal async Task<ProvisionedDevice> ProvisionsDevice(string story)
    {
        var serial = NewSerial(story);
        await using var claim = await ConnectsWithClaim(serial);
        using var key = KeyPair.CreateEcdsaP256();
        var created = await claim.CreatesFromCsr(key.CreateSigningRequest(serial));
        var registered = await claim.Registers(Template, created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", serial));
        return new(
            registered.Body["thingName"]!.GetValue<string>(),
            created["certificateId"]!.GetValue<string>(),
            key.ToX509(created["certificatePem"]!.GetValue<string>()),
            key.PrivateKeyPem);
    }

    /// <summary>Waits until every part has found every other again: a device provisions, and its record can be read, revoked and explained.</summary>
    internal Task HasRecovered() => Eventually.Holds(async () =>
    {
        var device = await ProvisionsDevice("recovered");
        (await Events($"thing-{device.ThingName}")).ShouldNotBeEmpty();
        (await Operator.FindFlowSteps(device.ThingName, CancellationToken.None)).ShouldContain(step => step.Service == "certificate-authority");
        await Operator.UpdateCertificate(device.CertificateId, "REVOKED", CancellationToken.None);
    });

    /// <param name="port">Of another gateway.</param>
    internal Task<MqttClientConnection> Connects(ProvisionedDevice device, ProtocolVersion version = ProtocolVersion.V500, int? port = null) =>
        Connects(device.Certificate, device.ThingName, version, port: port);

    /// <summary>Connects; <paramref name="chain"/> is sent behind the certificate.</summary>
    internal Task<MqttClientConnection> Connects(X509Certificate2 certificate, string clientId, ProtocolVersion version, X509Certificate2Collection? chain = null, int? port = null) =>
        MqttClientConnection.Connect(new MqttConnectionOptions
        {
            Host = Endpoints.MqttHost,
            Port = port ?? Endpoints.MqttPort,
            ClientId = clientId,
            Version = version,
            Tls = new()
            {
                Certificate = certificate,
                CertificateContext = chain is null ? null : System.Net.Security.SslStreamCertificateContext.Create(certificate, chain, offline: true),
                Roots = [Root],
            },
        });

    /// <summary>A token as the platform would have given it out to the stories' claim at another time.</summary>
    internal async Task<string> MintsToken(string certificateId, DateTimeOffset issuedAt)
    {
        var secrets = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Fleet.Directory, "secrets.json")))!;
        var key = Convert.FromBase64String($"{secrets["ownership-token-key"]!.GetValue<string>()}A="); // as AppHost.cs completes it
        var claim = await Claim(Template);
        return OwnershipToken.Mint(key, certificateId, claim.CertificateId, Guid.CreateVersion7().ToString("N"), issuedAt);
    }

    /// <summary>Checks that a certificate is not let in: told so in MQTT 5.</summary>
    internal async Task RefusesToConnect(X509Certificate2 certificate, string? clientId = null, int? port = null)
    {
        var refusal = await Should.ThrowAsync<MqttConnectException>(
            () => Connects(certificate, clientId ?? NewSerial("refused"), ProtocolVersion.V500, port: port));
        refusal.Reason.ShouldBe(ReasonCode.NotAuthorized);
    }

    /// <summary>Registers a certificate that the platform did not issue, active and without a policy.</summary>
    internal Task RegistersCertificate(X509Certificate2 certificate) =>
        Operator.RegisterCertificateWithoutCa(certificate.ExportCertificatePem(), CancellationToken.None);

    /// <summary>Checks that <c>fleet why</c> names this reason as the first failure of the subject's last attempt.</summary>
    internal Task ExplainsWith(string subject, string reason, TimeSpan? within = null) => Eventually.Holds(async () =>
    {
        var steps = await Operator.FindFlowSteps(subject, CancellationToken.None);
        Timeline.FirstFailure(steps)?.ReasonCode.ShouldBe(reason, string.Join('\n', steps));
        Timeline.FirstFailure(steps).ShouldNotBeNull();
    }, within);

    /// <summary>Types of a stream's events, oldest first.</summary>
    internal async Task<IReadOnlyList<string>> Events(string stream) =>
        [.. (await Operator.ReadStream(stream, 1, CancellationToken.None)).Select(recorded => recorded.Type)];

    internal async Task<ThirdPartyDevice> NewThirdPartyDevice(string story, bool ownKey) =>
        await ThirdPartyDevice.Make(this, NewSerial(story), await Claim(Template), ownKey);

    // A device's own topics, and one that all stories' devices share.
    static string DevicePolicy(ArnBuilder arns) => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray(
            Allow(["iot:Connect"], [arns.Of("client/${iot:Connection.Thing.ThingName}")]),
            Allow(["iot:Publish", "iot:Receive", "iot:RetainPublish"], [arns.Of("topic/devices/${iot:Connection.Thing.ThingName}/*"), arns.Of("topic/square/*")]),
            Allow(["iot:Subscribe"], [arns.Of("topicfilter/devices/${iot:Connection.Thing.ThingName}/*"), arns.Of("topicfilter/square/*")])),
    }.ToJsonString();

    static JsonObject Allow(string[] actions, string[] resources) => new()
    {
        ["Effect"] = "Allow",
        ["Action"] = new JsonArray([.. actions.Select(action => JsonValue.Create(action))]),
        ["Resource"] = new JsonArray([.. resources.Select(resource => JsonValue.Create(resource))]),
    };
}

/// <summary>A device that has its own identity.</summary>
sealed record ProvisionedDevice(string ThingName, string CertificateId, X509Certificate2 Certificate, string PrivateKeyPem);
