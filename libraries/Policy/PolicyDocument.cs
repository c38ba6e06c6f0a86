using System.Text.Json;

namespace FleetPlatform.Policy;

/// <summary>The policy language of AWS IoT (aws-protocol 8.1): JSON in, <see cref="CompiledPolicy"/> out.</summary>
public static class PolicyDocument
{
    /// <summary>Longest document, in characters, white space not counted.</summary>
    public const int MaximumCharacters = 2048;

    /// <summary>Longest document with its white space, in characters.</summary>
    public const int MaximumRawCharacters = 32 * 1024;

    const int MaximumDepth = 16;

    static readonly CompiledPolicy DenyAll = Compile("""{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}""");

    /// <summary>Compiles a document.</summary>
    /// <param name="json">The document.</param>
    /// <exception cref="PolicySyntaxException">It is too long, not JSON, or not a policy; the message begins with the path of the mistake.</exception>
    public static CompiledPolicy Compile(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        CheckLength(json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            return new CompiledPolicy(ReadDocument(document.RootElement));
        }
        catch (JsonException notJson)
        {
            throw new PolicySyntaxException("", $"Not JSON, nested too deep, or a member twice: {notJson.Message}");
        }
        catch (InvalidOperationException) // a lone surrogate in an escape: JSON to the parser, no text to anyone
        {
            throw new PolicySyntaxException("", "Holds text that is not Unicode.");
        }
    }

    /// <summary>Compiles a document that is stored. One that does not compile was stored by someone who could not read it either: what it meant to deny is unknown, so it denies all.</summary>
    /// <param name="json">The document.</param>
    /// <param name="wrong">Why it denies all; null when it compiled.</param>
    public static CompiledPolicy CompileOrDenyAll(string json, out PolicySyntaxException? wrong)
    {
        try
        {
            wrong = null;
            return Compile(json);
        }
        catch (PolicySyntaxException mistake)
        {
            wrong = mistake;
            return DenyAll;
        }
    }

    static void CheckLength(string json)
    {
        if (json.Length > MaximumRawCharacters) throw new PolicySyntaxException("", $"Longer than {MaximumRawCharacters} characters.");
        var characters = json.AsSpan().Length;
        foreach (var character in json)
            if (char.IsWhiteSpace(character)) characters--;
        if (characters > MaximumCharacters)
            throw new PolicySyntaxException("", $"{characters} characters without white space, {MaximumCharacters} allowed.");
    }

    static List<Statement> ReadDocument(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new PolicySyntaxException("", "A policy is a JSON object.");
        RefuseOthers(root, "", ["Version", "Id", "Statement"]);
        if (!root.TryGetProperty("Version", out var version) || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2012-10-17"))
            throw new PolicySyntaxException("Version", "Must be \"2012-10-17\".");
        if (!root.TryGetProperty("Statement", out var statement)) throw new PolicySyntaxException("Statement", "Is missing.");
        if (statement.ValueKind == JsonValueKind.Object) return [ReadStatement(statement, "Statement")];
        if (statement.ValueKind != JsonValueKind.Array || statement.GetArrayLength() == 0)
            throw new PolicySyntaxException("Statement", "Must be a statement or a list of at least one.");
        return [.. statement.EnumerateArray().Select((element, index) => ReadStatement(element, $"Statement[{index}]"))];
    }

    static Statement ReadStatement(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new PolicySyntaxException(path, "Must be an object.");
        RefuseOthers(element, path, ["Sid", "Effect", "Action", "Resource", "NotResource", "Condition"]);
        if (element.TryGetProperty("Sid", out var sid) && sid.ValueKind != JsonValueKind.String) throw new PolicySyntaxException($"{path}.Sid", "Must be a string.");

        var effect = element.TryGetProperty("Effect", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        if (effect is not ("Allow" or "Deny")) throw new PolicySyntaxException($"{path}.Effect", "Must be \"Allow\" or \"Deny\".");

        var hasResource = element.TryGetProperty("Resource", out var resource);
        var hasNotResource = element.TryGetProperty("NotResource", out var notResource);
        if (hasResource == hasNotResource) throw new PolicySyntaxException(path, "Needs Resource or NotResource, and not both.");
        if (!element.TryGetProperty("Action", out var action)) throw new PolicySyntaxException($"{path}.Action", "Is missing.");

        return new Statement
        {
            IsDeny = effect == "Deny",
            Actions = Strings(action, $"{path}.Action").Aggregate(0, (mask, item) => mask | ReadAction(item.Text, item.Path)),
            IsNotResource = hasNotResource,
            Resources = [.. Strings(hasResource ? resource : notResource, hasResource ? $"{path}.Resource" : $"{path}.NotResource")
                .Select(item => ArnPattern.Parse(item.Text, wildcards: true, item.Path))],
            Conditions = element.TryGetProperty("Condition", out var condition) ? ReadConditions(condition, $"{path}.Condition") : [],
        };
    }

    /// <summary>The actions of ours that the text names. Actions compare without case.</summary>
    static int ReadAction(string text, string path)
    {
        var name = text == "*" ? "iot:*" : text;
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var service = colon < 0 ? "" : name[..colon].ToLowerInvariant();
        if (service is not ("iot" or "iotjobsdata") || colon == name.Length - 1)
            throw new PolicySyntaxException(path, $"\"{text}\" is not an action such as iot:Publish, iot:* or *.");
        foreach (var character in name.AsSpan(colon + 1))
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('*' or '?')) throw new PolicySyntaxException(path, $"\"{text}\" is not the name of an action.");

        var pattern = name.Replace('*', Glob.AnySequence).Replace('?', Glob.AnyCharacter);
        var mask = 0;
        for (var action = 0; action < PolicyActions.Count; action++)
            if (Glob.Matches(pattern, PolicyActions.Names[action], ignoreCase: true)) mask |= 1 << action;
        return mask;
    }

    static Condition[] ReadConditions(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new PolicySyntaxException(path, "Must be an object.");
        var conditions = new List<Condition>();
        foreach (var operation in element.EnumerateObject())
        {
            var at = $"{path}.{operation.Name}";
            if (operation.Value.ValueKind != JsonValueKind.Object) throw new PolicySyntaxException(at, "Must be an object of keys and values.");
            foreach (var key in operation.Value.EnumerateObject())
            {
                var values = Strings(key.Value, $"{at}.{key.Name}", allowScalars: true);
                conditions.Add(new Condition(operation.Name, key.Name, [.. values.Select(value => value.Text)], $"{at}.{key.Name}"));
            }
        }

        return [.. conditions];
    }

    static List<(string Text, string Path)> Strings(JsonElement element, string path, bool allowScalars = false)
    {
        if (element.ValueKind != JsonValueKind.Array) return [(Text(element, path, allowScalars), path)];
        var items = element.EnumerateArray().Select((item, index) => (Text(item, $"{path}[{index}]", allowScalars), $"{path}[{index}]")).ToList();
        return items.Count > 0 ? items : throw new PolicySyntaxException(path, "Must not be empty.");
    }

    static string Text(JsonElement element, string path, bool allowScalars) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number when allowScalars => element.GetRawText(),
        _ => throw new PolicySyntaxException(path, "Must be a string or a list of strings."),
    };

    static void RefuseOthers(JsonElement element, string path, ReadOnlySpan<string> known)
    {
        foreach (var property in element.EnumerateObject())
            if (!known.Contains(property.Name)) throw new PolicySyntaxException(path, $"The member \"{property.Name}\" is not part of the language.");
    }
}
