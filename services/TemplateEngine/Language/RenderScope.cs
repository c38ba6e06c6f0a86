using System.Buffers;

namespace FleetPlatform.TemplateEngine.Language;

/// <summary>What one rendering knows, has spent, and - once something went wrong - why it was refused. Used by one thread.</summary>
sealed class RenderScope(TemplateDocument template, IReadOnlyDictionary<string, string> parameters, PseudoParameters platform)
{
    // Wildcards and separators of the policy language and of MQTT topics, and what could end a JSON string when the document is text.
    static readonly SearchValues<char> UnsafeInPolicies = SearchValues.Create("*?$+#/\"\\{}");

    int _remaining = TemplateLimits.RenderedCharacters;

    public TemplateDocument Template { get; } = template;

    /// <summary>While true, no value of the device may widen what is being rendered.</summary>
    public bool InPolicy { get; set; }

    /// <summary>The first thing that went wrong; everything evaluated after it is void.</summary>
    public Refusal? Refusal { get; private set; }

    /// <returns>Null, so that callers can return what this returns.</returns>
    public string? Refuse(Reason reason, string detail)
    {
        Refusal ??= new(reason.Code, detail);
        return null;
    }

    /// <summary>Value of a parameter: the platform's own, the device's, or the template's default, in this order.</summary>
    public string? Resolve(string name)
    {
        // What looks like a pseudo-parameter never comes from a device.
        if ((PseudoParameters.IsOne(name) ? platform.Find(name) : parameters.GetValueOrDefault(name)) is { } value)
            return InPolicy && !IsSafeInPolicies(value)
                ? Refuse(Reasons.UnsafeName,
                    $"Parameter \"{name}\" goes into a policy and holds a wildcard, a separator, a quote or a control character, or is empty.")
                : value;

        return Template.Parameters.TryGetValue(name, out var @default) && @default is not null
            ? @default
            : Refuse(Reasons.UnresolvedReference, $"Cannot resolve reference value: {{Ref={name}}}.");
    }

    /// <summary>Evaluates what only chooses among the template's own values, and so needs not be safe in itself.</summary>
    public string? Key(TextExpression expression)
    {
        var inPolicy = InPolicy;
        InPolicy = false;
        var key = expression.Evaluate(this);
        InPolicy = inPolicy;
        return key;
    }

    /// <summary>In a policy nothing may vanish: <c>topic/${Name}*</c> with an empty name would be <c>topic/*</c>.</summary>
    public bool MaySubstitute(string what, string value)
    {
        if (!InPolicy || value.Length > 0) return true;

        Refuse(Reasons.UnsafeName, $"{what} is empty where it stands in a policy.");
        return false;
    }

    public bool Spend(int characters)
    {
        _remaining -= characters;
        if (_remaining >= 0) return true;

        Refuse(Reasons.LimitExceeded, $"The template renders to more than {TemplateLimits.RenderedCharacters} characters.");
        return false;
    }

    public string? Produced(string? value) => value is not null && Spend(value.Length) ? value : null;

    static bool IsSafeInPolicies(string value) =>
        value.Length > 0 && value.AsSpan().IndexOfAny(UnsafeInPolicies) < 0 && !Texts.HasControlCharacter(value);
}
