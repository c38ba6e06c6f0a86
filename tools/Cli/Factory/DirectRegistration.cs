using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;

namespace FleetPlatform.Cli.Factory;

/// <summary>How devices of a line are registered: by a template of the platform, or by what the command line says.</summary>
sealed record DirectRegistration
{
    /// <summary>A fleet provisioning template; null: the members below say what a device gets.</summary>
    public string? Template { get; init; }

    /// <summary>With a template: the parameter that takes the serial number.</summary>
    public string SerialParameter { get; init; } = "SerialNumber";

    public IReadOnlyList<string> Policies { get; init; } = [];
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
    public string? ThingType { get; init; }

    /// <summary>keep, replace or refuse: what becomes of the certificates of a thing that exists. A template of the platform has its own setting.</summary>
    public string Reprovisioning { get; init; } = "refuse";

    /// <summary>The request without its items.</summary>
    public JsonObject Order(string batch)
    {
        var order = new JsonObject { ["batch"] = batch };
        if (Template is not null) order["templateName"] = Template;
        else (order["templateBody"], order["reprovisioning"]) = (Body().ToJsonString(), Reprovisioning);
        return order;
    }

    public ItemToRegister Item(string serial, string csr) => Template is not null
        ? new(serial, new Dictionary<string, string>(Attributes) { [SerialParameter] = serial }, CertificateSigningRequest: csr)
        : new(serial, new Dictionary<string, string> { ["ThingName"] = serial, ["CSR"] = csr });

    JsonObject Body()
    {
        var thing = new JsonObject { ["ThingName"] = Ref("ThingName") };
        if (Attributes.Count > 0) thing["AttributePayload"] = new JsonObject(Attributes.Select(attribute => KeyValuePair.Create<string, JsonNode?>(attribute.Key, attribute.Value)));
        if (ThingType is not null) thing["ThingTypeName"] = ThingType;
        var resources = new JsonObject
        {
            ["thing"] = Resource("AWS::IoT::Thing", thing),
            ["certificate"] = Resource("AWS::IoT::Certificate", new() { ["CertificateSigningRequest"] = Ref("CSR"), ["Status"] = "ACTIVE" }),
        };
        foreach (var (index, policy) in Policies.Index()) resources[$"policy{index}"] = Resource("AWS::IoT::Policy", new() { ["PolicyName"] = policy });
        var declared = new JsonObject { ["ThingName"] = new JsonObject { ["Type"] = "String" }, ["CSR"] = new JsonObject { ["Type"] = "String" } };
        return new() { ["Parameters"] = declared, ["Resources"] = resources };
    }

    static JsonObject Ref(string name) => new() { ["Ref"] = name };

    static JsonObject Resource(string type, JsonObject properties) => new() { ["Type"] = type, ["Properties"] = properties };
}
