using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority;

/// <summary>Names of the profiles; recorded with every certificate, so they never change.</summary>
static class CertificateProfiles
{
    public const string Device = "device";
    public const string Operator = "operator";
    public const string TemporaryClaim = "temporary-claim";
    public const string Server = "server";

    public static IReadOnlyList<string> All { get; } = [Device, Operator, TemporaryClaim, Server];
}

/// <summary>What a profile asks of requests beyond the key policy. Section <c>CertificateAuthority:ProfileRules:{profile}</c>.</summary>
sealed class ProfileRules
{
    static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(2); // the first match builds the automaton

    /// <summary>Kinds of keys: EcdsaP256, EcdsaP384, EcdsaP521, Rsa. Empty: all of them.</summary>
    public IList<PublicKeyAlgorithm> KeyTypes { get; init; } = [];

    /// <summary>Smallest RSA modulus, in bits, 2048 to 4096. Default 2048.</summary>
    [Range(KeyPolicy.MinimumRsaBits, KeyPolicy.MaximumRsaBits)]
    public int MinimumRsaBits { get; init; } = KeyPolicy.MinimumRsaBits;

    /// <summary>What the whole common name must match, a regular expression. Null: anything, also none.</summary>
    public string? CommonNamePattern { get; init; }

    /// <summary>The organization that the subject must have. Null: any, also none.</summary>
    public string? Organization { get; init; }

    public string? FindKeyFault(in PublicKey key) =>
        KeyTypes.Count > 0 && !KeyTypes.Contains(key.Algorithm) ? $"The profile takes keys of these kinds only: {string.Join(", ", KeyTypes)}."
        : key.Algorithm == PublicKeyAlgorithm.Rsa && key.Bits < MinimumRsaBits ? $"The profile takes RSA keys of at least {MinimumRsaBits} bits."
        : null;

    public string? FindSubjectFault(SubjectName subject)
    {
        if (Organization is not null && subject.Find(Oids.Organization) != Organization) return $"The profile asks for the organization {Organization} in the subject.";
        return CommonNamePattern is not { } pattern || Matches(subject.CommonName ?? "", pattern) ? null : "The common name is not one that the profile takes.";
    }

    // Without backtracking: the name comes from a device.
    static bool Matches(string name, string pattern) =>
        Regex.IsMatch(name, $@"\A(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchTimeout);

    public IEnumerable<string> Faults()
    {
        if (CommonNamePattern is { } pattern && !IsPattern(pattern)) yield return $"{nameof(CommonNamePattern)} is not a regular expression without look-around and back references.";
        if (MinimumRsaBits is < KeyPolicy.MinimumRsaBits or > KeyPolicy.MaximumRsaBits) yield return $"{nameof(MinimumRsaBits)} is {KeyPolicy.MinimumRsaBits} to {KeyPolicy.MaximumRsaBits}.";
    }

    static bool IsPattern(string pattern)
    {
        try
        {
            Matches("", pattern);
            return true;
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
