namespace FleetPlatform.Pki;

/// <summary>A subject is there, within the upper bounds, and shows as what it is.</summary>
sealed class SubjectIsBounded : ILint
{
    public string Citation => "RFC 5280 §4.1.2.6, appendix A.1";

    public string? Check(LintSubject subject) =>
        subject.Certificate.Subject.IsEmpty ? "The subject is empty." : subject.Certificate.Subject.FindFault();
}
