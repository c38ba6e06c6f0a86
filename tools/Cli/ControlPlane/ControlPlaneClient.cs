using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.Contracts;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>The operator's REST calls: the AWS IoT operations that the commands need, and the platform's own under /fleet.</summary>
sealed partial class ControlPlaneClient : IDisposable
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };
    readonly HttpClient _http;
    readonly RequestSigner _signer;

    public ControlPlaneClient(FleetEndpoints endpoints)
    {
        var (accessKeyId, secretAccessKey) = endpoints.ReadCredentials();
        _http = new HttpClient { BaseAddress = endpoints.ControlPlane, Timeout = TimeSpan.FromSeconds(30) };
        _signer = new RequestSigner(accessKeyId, secretAccessKey, endpoints.Region, TimeProvider.System);
        Arns = new(endpoints.Region, endpoints.AccountId);
    }

    public ArnBuilder Arns { get; }

    /// <summary>CreatePolicy; true when it is new, false when one of that name exists.</summary>
    public Task<bool> CreatePolicy(string name, string document, CancellationToken cancellation) =>
        Create($"/policies/{Escape(name)}", new JsonObject { ["policyDocument"] = document }, cancellation);

    /// <summary>CreateProvisioningTemplate; true when it is new.</summary>
    public Task<bool> CreateTemplate(string name, string body, CancellationToken cancellation, bool enabled = true, string type = "FLEET_PROVISIONING")
    {
        var template = new JsonObject
        {
            ["templateName"] = name,
            ["templateBody"] = body,
            ["type"] = type,
            ["enabled"] = enabled,
            ["provisioningRoleArn"] = $"arn:aws:iam::{Arns.AccountId}:role/fleet-provisioning",
        };
        return Create("/provisioning-templates", template, cancellation);
    }

    /// <summary>CreateThingGroup; true when it is new.</summary>
    public Task<bool> CreateThingGroup(string name, CancellationToken cancellation) =>
        Create($"/thing-groups/{Escape(name)}", [], cancellation);

    /// <summary>CreateKeysAndCertificate, active: a claim, or a certificate for a device made by hand.</summary>
    public async Task<CreatedCertificate> CreateKeysAndCertificate(CancellationToken cancellation)
    {
        var answer = await Send(HttpMethod.Post, "/keys-and-certificate?setAsActive=true", null, cancellation);
        return new(
            answer["certificateId"]!.GetValue<string>(),
            answer["certificateArn"]!.GetValue<string>(),
            answer["certificatePem"]!.GetValue<string>(),
            answer["keyPair"]!["PrivateKey"]!.GetValue<string>());
    }

    /// <summary>RegisterCertificateWithoutCA, active; the certificate's id.</summary>
    public async Task<string> RegisterCertificateWithoutCa(string certificatePem, CancellationToken cancellation)
    {
        var body = new JsonObject { ["certificatePem"] = certificatePem, ["status"] = "ACTIVE" };
        return (await Send(HttpMethod.Post, "/certificate/register-no-ca", body, cancellation))["certificateId"]!.GetValue<string>();
    }

    public Task AttachPolicy(string name, string target, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/target-policies/{Escape(name)}", new JsonObject { ["target"] = target }, cancellation);

    /// <summary>AttachThingPrincipal: the certificate belongs to the thing, beside what it has.</summary>
    /// <param name="principal">ARN of the certificate.</param>
    public Task AttachThingPrincipal(string thing, string principal, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/things/{Escape(thing)}/principals", null, cancellation, ("x-amzn-principal", principal));

    public Task UpdateCertificate(string certificateId, string newStatus, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/certificates/{Escape(certificateId)}?newStatus={Escape(newStatus)}", null, cancellation);

    public async Task<IReadOnlyList<string>> ListThingPrincipals(string thing, CancellationToken cancellation)
    {
        var answer = await Send(HttpMethod.Get, $"/things/{Escape(thing)}/principals", null, cancellation);
        return [.. answer["principals"]!.AsArray().Select(principal => principal!.GetValue<string>())];
    }

    /// <summary>What an order would cut off, or the order itself once it is placed (docs/operator.md).</summary>
    public Task<JsonNode> Revocation(JsonObject order, CancellationToken cancellation) => Send(HttpMethod.Post, "/fleet/revocations", order, cancellation);

    /// <summary>An order and its receipt.</summary>
    public Task<JsonNode> Revocation(string orderId, CancellationToken cancellation) => Send(HttpMethod.Get, $"/fleet/revocations/{Escape(orderId)}", null, cancellation);

    /// <summary>Every recorded step that has to do with a serial number, thing, client id, certificate id or flow.</summary>
    public async Task<IReadOnlyList<FlowStep>> FindFlowSteps(string subject, CancellationToken cancellation) => (await FindFlow(subject, cancellation)).Steps;

    /// <summary>The same, with the services that did not answer in time: what they know is not among the steps.</summary>
    public async Task<(IReadOnlyList<FlowStep> Steps, IReadOnlyList<string> Missing)> FindFlow(string subject, CancellationToken cancellation)
    {
        var answer = await Send(HttpMethod.Get, $"/fleet/flows?subject={Escape(subject)}", null, cancellation);
        return (answer["steps"].Deserialize<IReadOnlyList<FlowStep>>(Json) ?? [], answer["missing"].Deserialize<IReadOnlyList<string>>(Json) ?? []);
    }

    /// <summary>A stream as recorded, whichever service owns it; at most 1,000 events from a version.</summary>
    public async Task<IReadOnlyList<RecordedEventView>> ReadStream(string stream, long fromVersion, CancellationToken cancellation)
    {
        var answer = await Send(HttpMethod.Get, $"/fleet/streams/{Escape(stream)}?from={fromVersion}", null, cancellation);
        return answer["events"].Deserialize<IReadOnlyList<RecordedEventView>>(Json) ?? [];
    }

    /// <summary>One of the platform's own operations under <c>/fleet</c>, with its contract as the answer.</summary>
    public async Task<T> Ask<T>(HttpMethod method, string path, CancellationToken cancellation, JsonObject? body = null) where T : class =>
        (await Send(method, path, body, cancellation)).Deserialize<T>(Json) ?? throw new RequestRefusedException("empty", $"{path} answered nothing.");

    public void Dispose() => _http.Dispose();

    async Task<bool> Create(string path, JsonObject body, CancellationToken cancellation)
    {
        try
        {
            await Send(HttpMethod.Post, path, body, cancellation);
            return true;
        }
        catch (RequestRefusedException refused) when (refused.Name == "ResourceAlreadyExistsException")
        {
            return false;
        }
    }

    /// <summary>Any operation, signed; its answer, or what it was refused with.</summary>
    public async Task<JsonNode> Send(
        HttpMethod method, string path, JsonObject? body, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        var answer = await Exchange(method, path, body is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(body.ToJsonString()), cancellation, headers);
        return answer.Length == 0 ? new JsonObject() : JsonNode.Parse(answer)!;
    }

    /// <summary>The same in octets, for what is large.</summary>
    async Task<byte[]> Exchange(
        HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(_http.BaseAddress!, path));
        foreach (var (header, value) in headers) request.Headers.TryAddWithoutValidation(header, value);
        if (body is { } octets) request.Content = new ReadOnlyMemoryContent(octets) { Headers = { ContentType = new("application/json", "utf-8") } };
        await _signer.Sign(request, cancellation);
        using var response = await _http.SendAsync(request, cancellation);
        if (response.IsSuccessStatusCode) return await response.Content.ReadAsByteArrayAsync(cancellation);

        var name = response.Headers.TryGetValues("x-amzn-errortype", out var names) ? names.First() : $"HTTP {(int)response.StatusCode}";
        var error = await ReadMessage(response, cancellation);
        throw new RequestRefusedException(name, error);
    }

    static async Task<string> ReadMessage(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            var error = await response.Content.ReadFromJsonAsync<JsonObject>(cancellation);
            return error?["message"]?.GetValue<string>() ?? "no message";
        }
        catch (JsonException)
        {
            return "no readable message";
        }
    }

    static string Escape(string value) => Uri.EscapeDataString(value);
}

/// <summary>A certificate and its private key, both in PEM, as made by the platform for an operator.</summary>
sealed record CreatedCertificate(string CertificateId, string Arn, string CertificatePem, string PrivateKeyPem);

/// <summary>Names of this deployment's resources.</summary>
sealed record ArnBuilder(string Region, string AccountId)
{
    public string Of(string tail) => $"arn:aws:iot:{Region}:{AccountId}:{tail}";
}
