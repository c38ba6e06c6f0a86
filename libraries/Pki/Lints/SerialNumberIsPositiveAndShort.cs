namespace FleetPlatform.Pki;

/// <summary>Positive, at most 20 octets, and long enough for the 64 random bits that CA/Browser Forum BR §7.1 asks for.</summary>
sealed class SerialNumberIsPositiveAndShort : ILint
{
    public string Citation => "RFC 5280 §4.1.2.2";

    public string? Check(LintSubject subject) =>
        subject.Certificate.SerialNumber.Span is [> 0 and < 0x80, ..] and { Length: <= 20 and >= 9 }
            ? null
            : "The serial number is not positive, or not of 9 to 20 octets.";
}
