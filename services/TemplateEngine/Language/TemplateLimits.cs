namespace FleetPlatform.TemplateEngine.Language;

/// <summary>How large templates, what devices send for them, and what comes out may be. docs/limits.md repeats these.</summary>
static class TemplateLimits
{
    /// <summary>Characters of a body (AWS: 10,240).</summary>
    public const int BodyCharacters = 10_240;

    /// <summary>Levels of objects and arrays in a body, and in a policy document inside it.</summary>
    public const int Depth = 32;

    public const int Parameters = 64;
    public const int Resources = 16;

    /// <summary>Policies attached to one certificate (AWS: 10).</summary>
    public const int Policies = 10;

    /// <summary>Groups of one thing (AWS: 10).</summary>
    public const int ThingGroups = 10;

    /// <summary>Attributes of one thing (AWS: 50).</summary>
    public const int Attributes = 50;

    public const int AttributeNameCharacters = 128;
    public const int AttributeValueCharacters = 800;
    public const int DeviceConfigurationEntries = 64;

    /// <summary>Characters of everything one rendering produces, intermediate results of functions included.</summary>
    public const int RenderedCharacters = 65_536;
}
