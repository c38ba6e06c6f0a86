using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.TemplateEngine;

/// <summary>What devices may send and how much of it is kept. Section <c>TemplateEngine</c>.</summary>
sealed class TemplateEngineOptions
{
    public const string Section = "TemplateEngine";

    /// <summary>Templates that may exist (AWS: 256).</summary>
    [Range(1, 10_000)]
    public int MaximumTemplates { get; init; } = 256;

    /// <summary>Parameters in one RegisterThing.</summary>
    [Range(1, 1024)]
    public int MaximumParameters { get; init; } = 64;

    /// <summary>Characters in the name of a parameter (AWS: 2,048).</summary>
    [Range(1, 2048)]
    public int MaximumParameterNameCharacters { get; init; } = 2048;

    /// <summary>Characters in the value of a parameter (AWS: 4,096).</summary>
    [Range(1, 4096)]
    public int MaximumParameterValueCharacters { get; init; } = 4096;

    /// <summary>Characters of each parameter's name and value that a refusal records; longer ones are cut and marked. What rendered is recorded whole.</summary>
    [Range(16, 4096)]
    public int RecordedCharacters { get; init; } = 128;

    /// <summary>Refusals recorded per claim certificate and minute by one process; more are answered without a record.</summary>
    [Range(0, 100_000)]
    public int RecordedRefusalsPerMinute { get; init; } = 60;

    /// <summary>Devices that come with one claim within a minute, beyond which a signal of abuse is recorded; a claim with a limit a minute of its own is held to that.</summary>
    [Range(1, 1_000_000)]
    public int SuspectedRegistrationsPerMinute { get; init; } = 600;

    /// <summary>How many of the newest events of all flows a replay looks through for a template's registrations.</summary>
    [Range(1000, 100_000_000)]
    public int ReplayWindow { get; init; } = 1_000_000;

    /// <summary>Lines of one bulk registration.</summary>
    [Range(1, 10_000_000)]
    public int RegistrationLines { get; init; } = 1_000_000;

    /// <summary>Characters of one line (AWS: 256,000).</summary>
    [Range(256, 128_000)]
    public int RegistrationLineCharacters { get; init; } = 64_000;

    /// <summary>Lines of a bulk registration between two records of its progress; two such pages are under way at once.</summary>
    [Range(1, 2_000)]
    public int RegistrationPage { get; init; } = 256;

    /// <summary>Time between two looks for bulk registrations that another process was to carry out. Default 5 seconds.</summary>
    public TimeSpan RegistrationPoll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long inputs and results of bulk registrations are kept. Default 30 days, as on AWS.</summary>
    public TimeSpan RegistrationRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a flow waits for ThingRegistry before it is refused as <c>unavailable</c>. Default 3 seconds.</summary>
    public TimeSpan RegistryTimeout { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>The key of ownership tokens, shared with the certificate authority. Section <c>OwnershipToken</c>.</summary>
sealed class OwnershipTokenOptions : IValidatableObject
{
    public const string Section = "OwnershipToken";

    /// <summary>Base64 of at least 32 random bytes.</summary>
    [Required]
    public string Key { get; init; } = "";

    public byte[] KeyBytes() => Convert.FromBase64String(Key);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var bytes = new byte[Key.Length];
        if (!Convert.TryFromBase64String(Key, bytes, out var length) || length < Pki.OwnershipToken.MinimumKeyBytes)
            yield return new($"{Section}:{nameof(Key)} must be base64 of at least {Pki.OwnershipToken.MinimumKeyBytes} bytes.");
    }
}
