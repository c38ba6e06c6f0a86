namespace FleetPlatform.Pki;

/// <summary>Name constraints stand in authorities only, and are critical.</summary>
sealed class ConstraintsByProfile : ILint
{
    public string Citation => "RFC 5280 §4.2.1.10";

    public string? Check(LintSubject subject) => subject.Certificate.NameConstraints is null
        ? subject.Profile.NameConstraints is null ? null : "The name constraints of the profile are missing."
        : subject.Profile is { IsAuthority: true, NameConstraints: not null } && subject.Certificate.Extensions.GetValueOrDefault(Oids.NameConstraints)
            ? null
            : "Name constraints are in a certificate whose profile has none, or they are not critical.";
}
