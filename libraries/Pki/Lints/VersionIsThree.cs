namespace FleetPlatform.Pki;

/// <summary>Extensions need version 3.</summary>
sealed class VersionIsThree : ILint
{
    public string Citation => "RFC 5280 §4.1.2.1";

    public string? Check(LintSubject subject) =>
        subject.Certificate.Version == 3 ? null : "The version is not 3 although there are extensions.";
}
