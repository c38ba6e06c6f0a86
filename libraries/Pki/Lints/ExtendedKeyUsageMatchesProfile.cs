namespace FleetPlatform.Pki;

/// <summary>Purposes come from the profile, never from a request.</summary>
sealed class ExtendedKeyUsageMatchesProfile : ILint
{
    public string Citation => "RFC 5280 §4.2.1.12";

    public string? Check(LintSubject subject) =>
        (subject.Certificate.ExtendedKeyUsages ?? []).SequenceEqual(subject.Profile.ExtendedKeyUsages)
            ? null
            : "The purposes are not those of the profile.";
}
