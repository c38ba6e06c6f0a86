namespace FleetPlatform.Pki;

/// <summary>One rule that every certificate must keep before it is signed.</summary>
public interface ILint
{
    /// <summary>The standard it comes from, for example "RFC 5280 §4.1.2.2".</summary>
    string Citation { get; }

    /// <summary>What is wrong, or null.</summary>
    string? Check(LintSubject subject);
}

/// <summary>What the rules look at: the octets that would be signed, read back, and what they are held against.</summary>
/// <param name="Certificate">The certificate to be, read from its encoding, not from what it was made of.</param>
/// <param name="Issuer">The certificate of the authority that would sign it; itself when self-signed.</param>
/// <param name="Profile">Its kind.</param>
/// <param name="Now">Now.</param>
public sealed record LintSubject(CertificateText Certificate, CertificateText Issuer, CertificateProfile Profile, DateTimeOffset Now);

/// <summary>A rule is broken: a bug of ours or an issuer past its time. Nothing was signed.</summary>
public sealed class LintException(string lint, string citation, string message) : Exception($"{lint} ({citation}): {message}")
{
    /// <summary>The rule's name.</summary>
    public string Lint { get; } = lint;
}

/// <summary>All rules.</summary>
public static class Lints
{
    /// <summary>Every rule, in the order checked.</summary>
    public static IReadOnlyList<ILint> All { get; } =
    [
        new VersionIsThree(), new SerialNumberIsPositiveAndShort(), new SignatureAlgorithmIsTheIssuers(), new IssuerNameIsTheIssuers(),
        new ValidityIsOrdered(), new ValidityWithinIssuer(), new SubjectIsBounded(), new AuthorityOnlyByProfile(),
        new KeyUsageMatchesKey(), new ExtendedKeyUsageMatchesProfile(), new KeyIdentifiersChain(), new AlternativeNamesByProfile(),
        new ExtensionsByProfile(), new KeyIsStrong(), new NamesWithinConstraints(), new PathLengthLeavesRoom(), new ConstraintsByProfile(),
        new SerialNumberIsUnpredictable(), new TimesAreEncodedByYear(),
    ];

    /// <summary>Checks every rule.</summary>
    /// <exception cref="LintException">The first rule that is broken.</exception>
    public static void Check(LintSubject subject)
    {
        foreach (var lint in All)
            if (lint.Check(subject) is { } fault) throw new LintException(lint.GetType().Name, lint.Citation, fault);
    }
}
