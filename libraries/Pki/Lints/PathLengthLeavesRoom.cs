namespace FleetPlatform.Pki;

/// <summary>An authority that may have none below it signs none, and none that may go deeper than itself.</summary>
sealed class PathLengthLeavesRoom : ILint
{
    public string Citation => "RFC 5280 §4.2.1.9, §6.1.4 (l)";

    public string? Check(LintSubject subject) =>
        subject.Certificate.IsAuthority && subject.Certificate != subject.Issuer && subject.Issuer.PathLength is { } room
            && (room == 0 || subject.Certificate.PathLength is not { } asked || asked >= room)
            ? "The path length of the issuer leaves no room for this authority."
            : null;
}
