using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Stories;

/// <summary>One MQTT connection to the platform and the provisioning exchange on it, packet by packet, in JSON.</summary>
sealed class Exchange(MqttClientConnection connection) : IAsyncDisposable
{
    public const string CreateKeys = "$aws/certificates/create/json";
    public const string CreateFromCsr = "$aws/certificates/create-from-csr/json";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public MqttClientConnection Connection => connection;

    public static string Provision(string template) => $"$aws/provisioning-templates/{template}/provision/json";

    /// <summary>Subscribes to both answers, publishes, and waits for the one that comes.</summary>
    public async Task<Answer> Ask(string topic, string payload)
    {
        await connection.Subscribe($"{topic}/accepted", QoS.AtLeastOnce);
        await connection.Subscribe($"{topic}/rejected", QoS.AtLeastOnce);
        await connection.Publish(topic, Encoding.UTF8.GetBytes(payload), QoS.AtLeastOnce);
        return await Next();
    }

    /// <summary>The next message of this connection, as an answer.</summary>
    public async Task<Answer> Next()
    {
        using var patience = new CancellationTokenSource(Patience);
        var message = await connection.Incoming.ReadAsync(patience.Token);
        return new(message.Topic, JsonNode.Parse(message.Payload.Span)!.AsObject());
    }

    /// <summary>Creates from a fresh CSR and returns the accepted answer.</summary>
    public async Task<JsonObject> CreatesFromCsr(string csrPem)
    {
        var answer = await Ask(CreateFromCsr, new JsonObject { ["certificateSigningRequest"] = csrPem }.ToJsonString());
        answer.Topic.ShouldBe($"{CreateFromCsr}/accepted", answer.Body.ToJsonString());
        return answer.Body;
    }

    public Task<Answer> Registers(string template, string token, params (string Name, string Value)[] parameters) =>
        Ask(Provision(template), new JsonObject
        {
            ["certificateOwnershipToken"] = token,
            ["parameters"] = new JsonObject(parameters.Select(parameter => KeyValuePair.Create(parameter.Name, (JsonNode?)parameter.Value))),
        }.ToJsonString());

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}

/// <summary>What the platform said, and on which topic.</summary>
sealed record Answer(string Topic, JsonObject Body)
{
    /// <summary>Checks that it is the documented rejection: AWS's status and code, and our reason in front of the message.</summary>
    public void ShouldBeRejected(int status, string errorCode, string reason)
    {
        Topic.ShouldEndWith("/rejected", Case.Sensitive, Body.ToJsonString());
        Body["statusCode"]!.GetValue<int>().ShouldBe(status, Body.ToJsonString());
        Body["errorCode"]!.GetValue<string>().ShouldBe(errorCode);
        Body["errorMessage"]!.GetValue<string>().ShouldStartWith($"{reason}:");
    }
}
