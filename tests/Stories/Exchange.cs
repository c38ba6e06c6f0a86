using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using FleetPlatform.Cbor;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Stories;

/// <summary>One MQTT connection to the platform and the provisioning exchange on it, packet by packet, in JSON.</summary>
sealed class Exchange(MqttClientConnection connection) : IAsyncDisposable
{
    public const string CreateKeys = "$aws/certificates/create/json";
    public const string CreateFromCsr = "$aws/certificates/create-from-csr/json";

    /// <summary>Whatever is broken, an answer comes within the gateway's own limit (8 s in stories); the rest is for a busy machine. One that is lost is asked for again.</summary>
    static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(1);

    public MqttClientConnection Connection => connection;

    public static string Provision(string template) => $"$aws/provisioning-templates/{template}/provision/json";

    /// <summary>Subscribes to both answers, publishes, and waits for the one that comes.</summary>
    public async Task<Answer> Ask(string topic, string payload)
    {
        await Send(topic, Encoding.UTF8.GetBytes(payload));
        return await Next();
    }

    /// <summary>The same on a topic that speaks CBOR. An answer's members are texts, and the status code a number.</summary>
    public async Task<Answer> AskInCbor(string topic, byte[] payload)
    {
        await Send(topic, payload);
        var message = await Hear();
        return new(message.Topic, ReadCbor(message.Payload.Span));
    }

    /// <summary>The next message of this connection, as an answer.</summary>
    public async Task<Answer> Next()
    {
        var message = await Hear();
        return new(message.Topic, JsonNode.Parse(message.Payload.Span)!.AsObject());
    }

    async Task Send(string topic, byte[] payload)
    {
        await connection.Subscribe($"{topic}/accepted", QoS.AtLeastOnce);
        await connection.Subscribe($"{topic}/rejected", QoS.AtLeastOnce);
        await connection.Publish(topic, payload, QoS.AtLeastOnce);
    }

    async Task<Publish> Hear()
    {
        using var patience = new CancellationTokenSource(AnswerTimeout);
        return await connection.Incoming.ReadAsync(patience.Token);
    }

    static JsonObject ReadCbor(ReadOnlySpan<byte> payload)
    {
        var body = new JsonObject();
        var reader = new CborReader(payload);
        reader.ReadStartMap();
        while (reader.PeekType() != CborType.End)
        {
            var name = reader.ReadTextString();
            body[name] = reader.PeekType() == CborType.TextString ? JsonValue.Create(reader.ReadTextString()) : JsonValue.Create((int)reader.ReadInt64());
        }

        return body;
    }

    /// <summary>Creates from a fresh CSR and returns the accepted answer.</summary>
    public async Task<JsonObject> CreatesFromCsr(string csrPem)
    {
        var answer = await Ask(CreateFromCsr, Request(csrPem));
        answer.Topic.ShouldBe($"{CreateFromCsr}/accepted", answer.Body.ToJsonString());
        return answer.Body;
    }

    /// <summary>What CreateCertificateFromCsr sends.</summary>
    public static string Request(string csrPem) => new JsonObject { ["certificateSigningRequest"] = csrPem }.ToJsonString();

    public Task<Answer> Registers(string template, string token, params (string Name, string Value)[] parameters) =>
        Ask(Provision(template), Registration(token, parameters));

    /// <summary>What RegisterThing sends.</summary>
    public static string Registration(string token, params (string Name, string Value)[] parameters) => new JsonObject
    {
        ["certificateOwnershipToken"] = token,
        ["parameters"] = new JsonObject(parameters.Select(parameter => KeyValuePair.Create(parameter.Name, (JsonNode?)parameter.Value))),
    }.ToJsonString();

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}

/// <summary>What the platform said, and on which topic.</summary>
sealed record Answer(string Topic, JsonObject Body)
{
    /// <summary>Checks that it is the documented rejection: AWS's status and code, and our reason in front of the message.</summary>
    public void ShouldBeRejected(int status, string errorCode, string reason)
    {
        ShouldBeRejected(status, reason);
        Body["errorCode"]!.GetValue<string>().ShouldBe(errorCode);
    }

    public void ShouldBeRejected(int status, string reason)
    {
        Topic.ShouldEndWith("/rejected", Case.Sensitive, Body.ToJsonString());
        Body["statusCode"]!.GetValue<int>().ShouldBe(status, Body.ToJsonString());
        Body["errorMessage"]!.GetValue<string>().ShouldStartWith($"{reason}:");
    }
}
