using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;

namespace FleetPlatform.Cli.Commands;

/// <summary>The documents that quickstart and claim create; docs/operator.md explains them.</summary>
static class ExamplePolicies
{
    /// <summary>AWS's documented claim policy, for both ways to get a certificate and one template.</summary>
    public static string Claim(string template, ArnBuilder arns)
    {
        string[] topics = ["$aws/certificates/create/*", "$aws/certificates/create-from-csr/*", $"$aws/provisioning-templates/{template}/provision/*"];
        return Document(
            Allow(["iot:Connect"], ["*"]),
            Allow(["iot:Publish", "iot:Receive"], topics.Select(topic => arns.Of($"topic/{topic}"))),
            Allow(["iot:Subscribe"], topics.Select(topic => arns.Of($"topicfilter/{topic}"))));
    }

    /// <summary>What a device needs to renew its certificate by itself (docs/rotation.md).</summary>
    static readonly string[] RotationTopics = ["$aws/certificates/create-from-csr/*", "$aws/provisioning-templates/fleet-rotation/provision/*"];

    /// <summary>A device under its own name, its own topics, the topics to rotate with, and nothing else.</summary>
    public static string Device(ArnBuilder arns)
    {
        string[] topics = ["devices/${iot:Connection.Thing.ThingName}/*", .. RotationTopics];
        return Document(
            Allow(["iot:Connect"], [arns.Of("client/${iot:Connection.Thing.ThingName}")]),
            Allow(["iot:Publish", "iot:Receive"], topics.Select(topic => arns.Of($"topic/{topic}"))),
            Allow(["iot:RetainPublish"], [arns.Of("topic/devices/${iot:Connection.Thing.ThingName}/*")]),
            Allow(["iot:Subscribe"], topics.Select(topic => arns.Of($"topicfilter/{topic}"))));
    }

    /// <summary>A thing named by its serial number, its certificate made active, and the device policy attached.</summary>
    public static string Template(string devicePolicy) => new JsonObject
    {
        ["Parameters"] = new JsonObject { ["SerialNumber"] = Typed("String"), ["AWS::IoT::Certificate::Id"] = Typed("String") },
        ["Resources"] = new JsonObject
        {
            ["thing"] = Resource("AWS::IoT::Thing", new JsonObject
            {
                ["ThingName"] = Ref("SerialNumber"),
                ["AttributePayload"] = new JsonObject { ["serial"] = Ref("SerialNumber") },
            }),
            ["certificate"] = Resource("AWS::IoT::Certificate", new JsonObject
            {
                ["CertificateId"] = Ref("AWS::IoT::Certificate::Id"),
                ["Status"] = "Active",
            }),
            ["policy"] = Resource("AWS::IoT::Policy", new JsonObject { ["PolicyName"] = devicePolicy }),
        },
        ["DeviceConfiguration"] = new JsonObject { ["telemetryTopic"] = new JsonObject { ["Fn::Sub"] = "devices/${SerialNumber}/telemetry" } },
    }.ToJsonString();

    static string Document(params JsonObject[] statements) =>
        new JsonObject { ["Version"] = "2012-10-17", ["Statement"] = new JsonArray([.. statements]) }.ToJsonString();

    static JsonObject Allow(string[] actions, IEnumerable<string> resources) => new()
    {
        ["Effect"] = "Allow",
        ["Action"] = new JsonArray([.. actions.Select(action => JsonValue.Create(action))]),
        ["Resource"] = new JsonArray([.. resources.Select(resource => JsonValue.Create(resource))]),
    };

    static JsonObject Typed(string type) => new() { ["Type"] = type };

    static JsonObject Ref(string name) => new() { ["Ref"] = name };

    static JsonObject Resource(string type, JsonObject properties) => new() { ["Type"] = type, ["Properties"] = properties };
}
