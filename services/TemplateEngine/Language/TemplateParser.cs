namespace FleetPlatform.TemplateEngine.Language;

/// <summary>Reads a template body (aws-protocol.md 2).</summary>
static class TemplateParser
{
    /// <param name="body">At most <see cref="TemplateLimits.BodyCharacters"/> characters.</param>
    /// <param name="kind">Who will provision with it.</param>
    /// <exception cref="TemplateSyntaxException">Names the line, the column, the JSON path and the remedy.</exception>
    public static TemplateDocument Parse(string body, TemplateKind kind = TemplateKind.Fleet)
    {
        if (body.Length > TemplateLimits.BodyCharacters)
            throw new TemplateSyntaxException(1, 1, "$", $"The body has {body.Length} characters.",
                $"At most {TemplateLimits.BodyCharacters} are allowed; shorten policy documents with wildcards and policy variables.");

        var root = SourceJson.Read(body, TemplateLimits.Depth);
        if (root.Kind != SourceKind.Object) throw root.Error("A template is an object.", "Write {\"Parameters\": …, \"Resources\": …}.");
        foreach (var member in root.Members)
            if (member.Name is not ("Parameters" or "Mappings" or "Mapping" or "Resources" or "DeviceConfiguration"))
                throw member.Error($"\"{member.Name}\" is not a section of a template.",
                    "Known: Parameters, Mappings, Resources, DeviceConfiguration.");

        if (kind != TemplateKind.Fleet && root.Members.FirstOrDefault(member => member.Name is "Mappings" or "Mapping" or "DeviceConfiguration") is { } foreign)
            throw foreign.Error($"{foreign.Name} is for fleet provisioning templates.", "Leave it out: nobody would receive it, or look anything up in it.");
        if (root["Mappings"] is not null && root["Mapping"] is { } twice) throw twice.Error("There are two sections of mappings.", "Keep Mappings.");
        var mappings = ReadMappings(root["Mappings"] ?? root["Mapping"]);
        var expressions = new ExpressionParser(mappings.Keys.ToHashSet(StringComparer.Ordinal));
        var resources = ResourceParser.Read(root["Resources"] ?? throw root.Error("There are no Resources.", "Add a Resources section."), expressions, kind);

        if (kind == TemplateKind.Fleet && resources.Certificate is null)
            throw root["Resources"]!.Error("There is no AWS::IoT::Certificate resource, so no certificate would ever become active.",
                "Add {\"certificate\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": {\"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}, \"Status\": \"Active\"}}}.");

        return new TemplateDocument
        {
            Kind = kind,
            Parameters = ReadParameters(root["Parameters"]),
            Mappings = mappings,
            Thing = resources.Thing,
            Certificate = resources.Certificate,
            Policies = resources.Policies,
            DeviceConfiguration = ReadDeviceConfiguration(root["DeviceConfiguration"], expressions),
        };
    }

    static Dictionary<string, string?> ReadParameters(SourceNode? section)
    {
        var parameters = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (section is null) return parameters;

        foreach (var member in Members(section, TemplateLimits.Parameters, "parameters"))
        {
            var declaration = member.Value;
            if (declaration.Kind != SourceKind.Object) throw declaration.Error("A parameter is declared by an object.", "Write {\"Type\": \"String\"}.");
            if (declaration["Type"]?.Text is not "String")
                throw declaration.Error($"Parameter \"{member.Name}\" is not of type String.", "Write \"Type\": \"String\"; there is no other.");

            foreach (var other in declaration.Members)
                if (other.Name is not ("Type" or "Default" or "Description"))
                    throw other.Error($"\"{other.Name}\" is not known in a parameter.", "Known: Type, Default, Description.");
            if (declaration["Default"] is { IsScalar: false } @default)
                throw @default.Error("Default is a text.", "Write it as a string; functions are not evaluated here.");

            if (PseudoParameters.IsOne(member.Name) && declaration["Default"] is { } forbidden)
                throw forbidden.Error("The platform gives this value; it has no Default.", "Leave Default out.");

            parameters[member.Name] = declaration["Default"]?.Text;
        }

        return parameters;
    }

    static Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ReadMappings(SourceNode? section)
    {
        var mappings = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(StringComparer.Ordinal);
        if (section is null) return mappings;

        foreach (var map in Members(section, TemplateLimits.BodyCharacters, "mappings"))
        {
            var rows = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
            foreach (var row in Members(map.Value, TemplateLimits.BodyCharacters, "keys"))
            {
                var values = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var value in Members(row.Value, TemplateLimits.BodyCharacters, "keys"))
                    values[value.Name] = value.Value.IsScalar
                        ? value.Value.Text
                        : throw value.Value.Error("A mapping has two levels of keys and then a text.", "Functions and references are not evaluated here.");
                rows[row.Name] = values;
            }

            mappings[map.Name] = rows;
        }

        return mappings;
    }

    static Dictionary<string, TextExpression> ReadDeviceConfiguration(SourceNode? section, ExpressionParser expressions)
    {
        var configuration = new Dictionary<string, TextExpression>(StringComparer.Ordinal);
        if (section is null) return configuration;

        foreach (var member in Members(section, TemplateLimits.DeviceConfigurationEntries, "device configuration entries"))
            configuration[member.Name] = member.Value.Kind == SourceKind.Object && !ExpressionParser.IsFunction(member.Value)
                ? throw member.Value.Error("DeviceConfiguration is flat; an object cannot stand in it.", "Write the object as a string, or give its members their own names.")
                : expressions.Text(member.Value);
        return configuration;
    }

    static IReadOnlyList<SourceMember> Members(SourceNode section, int limit, string what)
    {
        if (section.Kind != SourceKind.Object || ExpressionParser.IsFunction(section))
            throw section.Error("An object is expected here.", "Write {\"name\": …}.");
        return section.Members.Count <= limit
            ? section.Members
            : throw section.Error($"There are {section.Members.Count} {what}.", $"At most {limit} are allowed.");
    }
}
