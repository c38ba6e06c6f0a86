using FleetPlatform.Contracts.ThingRegistry;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>Reads the Resources section: at most one thing, one certificate, and policies.</summary>
sealed class ResourceParser(ExpressionParser expressions, TemplateKind kind)
{
    public ThingResource? Thing { get; private set; }
    public CertificateResource? Certificate { get; private set; }
    public List<PolicyResource> Policies { get; } = [];

    public static ResourceParser Read(SourceNode section, ExpressionParser expressions, TemplateKind kind)
    {
        if (section.Kind != SourceKind.Object) throw section.Error("Resources is an object.", "Write {\"thing\": {\"Type\": \"AWS::IoT::Thing\", …}}.");
        if (section.Members.Count is 0 or > TemplateLimits.Resources)
            throw section.Error($"There are {section.Members.Count} resources.", $"Name at least one and at most {TemplateLimits.Resources}.");

        var parser = new ResourceParser(expressions, kind);
        foreach (var member in section.Members) parser.ReadResource(member);
        return parser;
    }

    void ReadResource(SourceMember member)
    {
        var resource = member.Value;
        if (resource.Kind != SourceKind.Object) throw resource.Error("A resource is an object.", "Write {\"Type\": …, \"Properties\": {…}}.");
        Known(resource, "a resource", "Type", "Properties", "OverrideSettings");
        var type = resource["Type"] ?? throw resource.Error($"Resource \"{member.Name}\" has no Type.", "Write AWS::IoT::Thing, AWS::IoT::Certificate or AWS::IoT::Policy.");
        var properties = resource["Properties"] ?? throw resource.Error($"Resource \"{member.Name}\" has no Properties.", "Add them.");
        if (properties.Kind != SourceKind.Object) throw properties.Error("Properties is an object.", "Write {\"name\": …}.");

        switch (type.Text)
        {
            case "AWS::IoT::Thing" when Thing is null:
                Thing = ReadThing(properties, resource["OverrideSettings"]) with { LogicalName = member.Name };
                break;
            case "AWS::IoT::Certificate" when Certificate is null:
                Certificate = ReadCertificate(properties, resource["OverrideSettings"]) with { LogicalName = member.Name };
                break;
            case "AWS::IoT::Policy" when Policies.Count < TemplateLimits.Policies:
                if (resource["OverrideSettings"] is { Members.Count: > 0 } settings)
                    throw settings.Error("A policy has no OverrideSettings.", "Leave them out: an existing policy is attached as it is.");
                Policies.Add(ReadPolicy(member.Name, properties));
                break;
            case "AWS::IoT::Policy":
                throw resource.Error($"There are more than {TemplateLimits.Policies} policies.", "Combine their statements in one document.");
            case "AWS::IoT::Thing" or "AWS::IoT::Certificate":
                throw resource.Error($"There is a second {type.Text}.", "A template provisions one thing and one certificate.");
            default:
                throw type.Error("This is not the type of a resource.", "Known: AWS::IoT::Thing, AWS::IoT::Certificate, AWS::IoT::Policy.");
        }
    }

    ThingResource ReadThing(SourceNode properties, SourceNode? overrides)
    {
        Known(properties, "a thing", "ThingName", "AttributePayload", "ThingTypeName", "ThingGroups", "BillingGroup", "PackageVersions");
        var settings = ReadOverrides(overrides, mergeAllowed: true,
            ("AttributePayload", "ATTRIBUTE_PAYLOAD"), ("ThingTypeName", "THING_TYPE_NAME"), ("ThingGroups", "THING_GROUPS"));
        var name = properties["ThingName"] ?? throw properties.Error("The thing has no ThingName.", "Add one, for example {\"Ref\": \"SerialNumber\"}.");
        return new ThingResource
        {
            ThingName = Name(name),
            ThingTypeName = OptionalName(properties["ThingTypeName"]),
            BillingGroup = OptionalName(properties["BillingGroup"]),
            ThingGroups = ReadGroups(properties["ThingGroups"]),
            Attributes = ReadAttributes(properties["AttributePayload"]),
            OverrideAttributes = settings.GetValueOrDefault("AttributePayload"),
            OverrideThingType = settings.GetValueOrDefault("ThingTypeName"),
            OverrideThingGroups = settings.GetValueOrDefault("ThingGroups"),
        };
    }

    TextExpression? OptionalName(SourceNode? node) => node is null ? null : Name(node);

    TextExpression Name(SourceNode node)
    {
        var name = expressions.Text(node);
        return name is LiteralText literal && !Texts.IsName(literal.Value)
            ? throw node.Error("This cannot be a name.", "A name has 1 to 128 letters, digits, ':', '_' and '-'.")
            : name;
    }

    ListExpression? ReadGroups(SourceNode? node)
    {
        if (node is null) return null;
        if (node.Kind != SourceKind.Array) return expressions.List(node);

        return node.Items.Count <= TemplateLimits.ThingGroups
            ? new ListOfTexts([.. node.Items.Select(Name)])
            : throw node.Error($"There are {node.Items.Count} groups.", $"A thing is in at most {TemplateLimits.ThingGroups}.");
    }

    Dictionary<string, TextExpression>? ReadAttributes(SourceNode? node)
    {
        if (node is null) return null;
        var attributes = new Dictionary<string, TextExpression>(StringComparer.Ordinal);
        if (node.Kind != SourceKind.Object || ExpressionParser.IsFunction(node))
            throw node.Error("AttributePayload is an object of names and values.", "Write {\"version\": \"v1\"}.");
        if (node.Members.Count > TemplateLimits.Attributes)
            throw node.Error($"There are {node.Members.Count} attributes.", $"At most {TemplateLimits.Attributes} are allowed.");

        foreach (var member in node.Members)
        {
            if (!Texts.IsAttributeName(member.Name))
                throw member.Error("This cannot be the name of an attribute.", "It has 1 to 128 letters, digits and _ . , @ / : # -.");
            var value = expressions.Text(member.Value);
            attributes[member.Name] = value is LiteralText literal && !Texts.IsAttributeValue(literal.Value)
                ? throw member.Value.Error("This cannot be the value of an attribute.", "It has at most 800 letters, digits and _ . , @ / : # = [ ] -.")
                : value;
        }

        return attributes;
    }

    CertificateResource ReadCertificate(SourceNode properties, SourceNode? overrides)
    {
        Known(properties, "a certificate", "CertificateId", "CertificateSigningRequest", "CertificatePem", "CACertificatePem", "Status", "ThingPrincipalType");
        var settings = ReadOverrides(overrides, mergeAllowed: false, ("Status", "STATUS"));
        return (kind == TemplateKind.Bulk ? ReadBulkCertificate(properties) : ReadPresentedCertificate(properties)) with
        {
            OverrideStatus = settings.GetValueOrDefault("Status"),
            Status = OneOf(properties["Status"], "ACTIVE", "INACTIVE"),
            ThingPrincipalType = OneOf(properties["ThingPrincipalType"], "EXCLUSIVE_THING", "NON_EXCLUSIVE_THING"),
        };
    }

    // Fleet and JITP: the certificate is the one that the device has proved to hold, and no other.
    CertificateResource ReadPresentedCertificate(SourceNode properties)
    {
        foreach (var member in properties.Members)
            if (member.Name is "CertificateSigningRequest" or "CertificatePem" or "CACertificatePem")
                throw member.Error($"{member.Name} does not name the certificate of this request.", "Use \"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}.");

        var id = properties["CertificateId"] ?? throw properties.Error("The certificate has no CertificateId.", "Write \"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}.");
        var expression = expressions.Text(id);
        return IsPresented(expression)
            ? new CertificateResource { CertificateId = expression }
            : throw id.Error("CertificateId must be the certificate that the ownership token proves.", "Write {\"Ref\": \"AWS::IoT::Certificate::Id\"}.");
    }

    CertificateResource ReadBulkCertificate(SourceNode properties)
    {
        var (id, csr, pem) = (properties["CertificateId"], properties["CertificateSigningRequest"], properties["CertificatePem"]);
        if (new[] { id, csr, pem }.Count(node => node is not null) != 1)
            throw properties.Error("The certificate is named in exactly one way.", "Write one of CertificateId, CertificateSigningRequest and CertificatePem.");
        if (properties["CACertificatePem"] is { } authority && pem is null)
            throw authority.Error("CACertificatePem stands beside CertificatePem only.", "Leave it out, or give the certificate itself.");

        return new CertificateResource
        {
            CertificateId = OptionalText(id),
            SigningRequest = OptionalText(csr),
            CertificatePem = OptionalText(pem),
            AuthorityPem = OptionalText(properties["CACertificatePem"]),
        };
    }

    TextExpression? OptionalText(SourceNode? node) => node is null ? null : expressions.Text(node);

    static bool IsPresented(TextExpression expression) => expression is Reference { Name: PseudoParameters.CertificateId }
        or Substitution { Variables.Count: 0, Pieces: [{ Variable: PseudoParameters.CertificateId }] };

    TextExpression? OneOf(SourceNode? node, string one, string other)
    {
        if (node is null) return null;

        var value = expressions.Text(node);
        return value is LiteralText literal && !literal.Value.Equals(one, StringComparison.OrdinalIgnoreCase)
            && !literal.Value.Equals(other, StringComparison.OrdinalIgnoreCase)
            ? throw node.Error($"\"{literal.Value}\" is not known here.", $"Write {one} or {other}.")
            : value;
    }

    PolicyResource ReadPolicy(string logicalName, SourceNode properties)
    {
        Known(properties, "a policy", "PolicyName", "PolicyDocument");
        return (properties["PolicyName"], properties["PolicyDocument"]) switch
        {
            ({ } name, null) => new(logicalName, PolicyName(name), null),
            (null, { } document) => new(logicalName, null, new PolicyParser(expressions).Parse(document)),
            _ => throw properties.Error("A policy has exactly one of PolicyName and PolicyDocument.", "Name an existing policy, or write a document."),
        };
    }

    TextExpression PolicyName(SourceNode node)
    {
        var name = expressions.Text(node, inPolicy: true);
        return name is LiteralText literal && !Texts.IsPolicyName(literal.Value)
            ? throw node.Error("This cannot be the name of a policy.", "It has 1 to 128 letters, digits and _ + = , . @ -.")
            : name;
    }

    static Dictionary<string, ResourceOverride> ReadOverrides(
        SourceNode? node, bool mergeAllowed, params (string Name, string UpperName)[] keys)
    {
        var settings = new Dictionary<string, ResourceOverride>(StringComparer.Ordinal);
        if (node is null) return settings;
        if (node.Kind != SourceKind.Object) throw node.Error("OverrideSettings is an object.", "Write {\"AttributePayload\": \"MERGE\"}.");

        foreach (var member in node.Members)
        {
            var key = Array.Find(keys, candidate => member.Name == candidate.Name || member.Name == candidate.UpperName).Name
                ?? throw member.Error($"\"{member.Name}\" cannot be overridden.", $"Known: {string.Join(", ", keys.Select(known => known.Name))}.");
            settings[key] = member.Value.Text switch
            {
                "DO_NOTHING" => ResourceOverride.DoNothing,
                "REPLACE" => ResourceOverride.Replace,
                "FAIL" => ResourceOverride.Fail,
                "MERGE" when mergeAllowed && key is not "ThingTypeName" => ResourceOverride.Merge,
                _ => throw member.Value.Error("This override is not known here.",
                    "Write DO_NOTHING, REPLACE or FAIL; for ThingGroups and AttributePayload also MERGE."),
            };
        }

        return settings;
    }

    static void Known(SourceNode node, string what, params ReadOnlySpan<string> names)
    {
        foreach (var member in node.Members)
            if (!names.Contains(member.Name))
                throw member.Error($"\"{member.Name}\" is not a property of {what}.", $"Known: {string.Join(", ", names!)}.");
    }
}
