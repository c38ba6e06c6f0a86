using System.ComponentModel.DataAnnotations;
using System.Net;

namespace FleetPlatform.TemplateEngine.Hooks;

/// <summary>How pre-provisioning hooks are called. Section <c>PreProvisioningHook</c>.</summary>
sealed class HookOptions : IValidatableObject
{
    public const string Section = "PreProvisioningHook";
    const int MinimumKeyBytes = 32;

    /// <summary>Base64 of at least 32 random bytes: signs every call, so that a hook can tell the platform from anyone else.</summary>
    [Required]
    public string Key { get; init; } = "";

    /// <summary>From the call to the whole answer; a hook that takes longer has failed. Default 5 seconds, as on AWS.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls under way at once, to all hooks together; one more fails at once.</summary>
    [Range(1, 1000)]
    public int MaximumConcurrentCalls { get; init; } = 64;

    /// <summary>Longest answer of a hook, in bytes.</summary>
    [Range(256, 1024 * 1024)]
    public int MaximumResponseBytes { get; init; } = 64 * 1024;

    /// <summary>Failures of one hook in a row after which it is left alone for a while.</summary>
    [Range(1, 1000)]
    public int BreakerFailures { get; init; } = 5;

    /// <summary>How long it is left alone, before one call tries again. Default 30 seconds.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Networks in CIDR form that hooks may be in although their addresses are not public, for example <c>10.1.0.0/16</c>. None by default.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    /// <summary>True: http:// is accepted as well. Default false; parameters of devices would travel in the clear.</summary>
    public bool AllowHttp { get; init; }

    public byte[] KeyBytes() => Convert.FromBase64String(Key);

    public IReadOnlyList<IPNetwork> Networks() => [.. AllowedNetworks.Select(IPNetwork.Parse)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var bytes = new byte[Key.Length];
        if (!Convert.TryFromBase64String(Key, bytes, out var length) || length < MinimumKeyBytes)
            yield return new($"{Section}:{nameof(Key)} must be base64 of at least {MinimumKeyBytes} bytes.");
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromSeconds(5))
            yield return new($"{Section}:{nameof(Timeout)} ({Timeout}) must be above zero and at most five seconds.");
        if (BreakerPause <= TimeSpan.Zero) yield return new($"{Section}:{nameof(BreakerPause)} ({BreakerPause}) must be above zero.");
        foreach (var network in AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _)))
            yield return new($"{Section}:{nameof(AllowedNetworks)}: {network} is not a network in CIDR form.");
    }
}
