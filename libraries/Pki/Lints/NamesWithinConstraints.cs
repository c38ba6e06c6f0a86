namespace FleetPlatform.Pki;

/// <summary>An authority whose names are constrained signs no others: every verifier would refuse them.</summary>
sealed class NamesWithinConstraints : ILint
{
    public string Citation => "RFC 5280 §4.2.1.10";

    public string? Check(LintSubject subject) =>
        subject.Certificate == subject.Issuer ? null : subject.Issuer.NameConstraints?.FindFault(subject.Certificate);
}
