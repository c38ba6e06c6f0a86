namespace FleetPlatform.Pki;

/// <summary>Only an authority profile makes an authority.</summary>
sealed class AuthorityOnlyByProfile : ILint
{
    public string Citation => "RFC 5280 §4.2.1.9";

    public string? Check(LintSubject subject) =>
        subject.Certificate.IsAuthority == subject.Profile.IsAuthority
            && subject.Certificate.PathLength == subject.Profile.PathLength
            && subject.Certificate.Extensions.GetValueOrDefault(Oids.BasicConstraints)
            ? null
            : "basicConstraints is missing, not critical, or says something else than the profile.";
}
