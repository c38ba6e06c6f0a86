namespace FleetPlatform.Pki;

/// <summary>A certificate is valid now, and for a while.</summary>
sealed class ValidityIsOrdered : ILint
{
    public string Citation => "RFC 5280 §4.1.2.5";

    public string? Check(LintSubject subject) =>
        subject.Certificate switch
        {
            var c when c.NotBefore >= c.NotAfter => "notBefore does not lie before notAfter.",
            var c when c.NotAfter <= subject.Now => "notAfter is past: the issuer has expired.",
            var c when c.NotBefore > subject.Now => "notBefore lies in the future.",
            _ => null,
        };
}
