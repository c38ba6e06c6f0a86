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

    /// <summary>The request without its items, for certificates that the platform signs.</summary>
    public JsonObject Order(string batch) => Order(batch, "CertificateSigningRequest", "CSR");

    /// <summary>The same for certificates made elsewhere.</summary>
    /// <param name="requireAuthority">True: an authority that is registered at the platform must have signed them.</param>
    public JsonObject ImportOrder(string batch, bool requireAuthority)
    {
        var order = Order(batch, "CertificateId", "CertificateId");
        order["requireAuthority"] = requireAuthority;
        return order;
    }

    public ItemToRegister Item(string serial, string csr) => Template is not null
        ? new(serial, new Dictionary<string, string>(Attributes) { [SerialParameter] = serial }, CertificateSigningRequest: csr)
        : new(serial, new Dictionary<string, string> { ["ThingName"] = serial, ["CSR"] = csr });

    /// <param name="columns">What else the list says of the device; parameters for a template.</param>
    public ItemToRegister Import(string serial, string certificateId, string pem, IReadOnlyDictionary<string, string> columns) => Template is not null
        ? new(serial, new Dictionary<string, string>(columns.Concat(Attributes).GroupBy(pair => pair.Key).Select(same => same.Last())) { [SerialParameter] = serial }, CertificatePem: pem)
        : new(serial, new Dictionary<string, string> { ["ThingName"] = serial, ["CertificateId"] = certificateId }, CertificatePem: pem);

    JsonObject Order(string batch, string certificateProperty, string parameter)
    {
        var order = new JsonObject { ["batch"] = batch };
        if (Template is not null) order["templateName"] = Template;
        else (order["templateBody"], order["reprovisioning"]) = (Body(certificateProperty, parameter).ToJsonString(), Reprovisioning);
        return order;
    }

    /// <param name="certificateProperty">How the template names the certificate.</param>
    /// <param name="parameter">The parameter that says it.</param>
    JsonObject Body(string certificateProperty, string parameter)
    {
        var thing = new JsonObject { ["ThingName"] = Ref("ThingName") };
        if (Attributes.Count > 0) thing["AttributePayload"] = new JsonObject(Attributes.Select(attribute => KeyValuePair.Create<string, JsonNode?>(attribute.Key, attribute.Value)));
        if (ThingType is not null) thing["ThingTypeName"] = ThingType;
        var resources = new JsonObject
        {
            ["thing"] = Resource("AWS::IoT::Thing", thing),
            ["certificate"] = Resource("AWS::IoT::Certificate", new() { [certificateProperty] = Ref(parameter), ["Status"] = "ACTIVE" }),
        };
        foreach (var (index, policy) in Policies.Index()) resources[$"policy{index}"] = Resource("AWS::IoT::Policy", new() { ["PolicyName"] = policy });
        var declared = new JsonObject { ["ThingName"] = new JsonObject { ["Type"] = "String" }, [parameter] = new JsonObject { ["Type"] = "String" } };
        return new() { ["Parameters"] = declared, ["Resources"] = resources };
    }

    static JsonObject Ref(string name) => new() { ["Ref"] = name };

    static JsonObject Resource(string type, JsonObject properties) => new() { ["Type"] = type, ["Properties"] = properties };
}
