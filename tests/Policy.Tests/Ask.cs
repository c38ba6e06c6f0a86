using System.Text.Json;

namespace FleetPlatform.Policy.Tests;

/// <summary>Short words for what the tests are about.</summary>
static class Ask
{
    public const string Arn = "arn:aws:iot:us-east-1:123456789012:";

    public static PolicyContext Connection(string clientId = "client", string? thing = null) => new()
    {
        Region = "us-east-1",
        AccountId = "123456789012",
        ClientId = clientId,
        ThingName = thing,
        IsAttached = thing is not null,
    };

    public static string Statement(string effect, string action, string resource, string? condition = null, string element = "Resource") =>
        $$"""{"Effect":"{{effect}}","Action":"{{action}}","{{element}}":{{JsonSerializer.Serialize(resource)}}{{(condition is null ? "" : ",\"Condition\":" + condition)}}}""";

    public static string Document(params string[] statements) => $$"""{"Version":"2012-10-17","Statement":[{{string.Join(",", statements)}}]}""";

    public static CompiledPolicySet Policies(params string[] statements) => new(PolicyDocument.Compile(Document(statements)));

    public static PolicyDecision Publish(this CompiledPolicySet policies, string topic, PolicyContext? context = null) =>
        policies.Evaluate(PolicyAction.Publish, topic, context ?? Connection());
}
