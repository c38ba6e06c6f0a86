using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki;

/// <summary>An authority that certificates may be signed under.</summary>
/// <param name="Id">Certificate id of its certificate.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="Key">Its key, imported.</param>
public sealed record TrustAnchor(string Id, CertificateText Certificate, VerificationKey Key)
{
    /// <summary>Reads an authority's certificate.</summary>
    /// <exception cref="PkiException"><c>certificate-invalid</c> or <c>weak-key</c>: it cannot be an authority.</exception>
    public static TrustAnchor Read(ReadOnlyMemory<byte> der)
    {
        var text = CertificateText.Read(der);
        return new(CertificateId.Of(der.Span), text, VerificationKey.Of(text));
    }
}

/// <summary>
/// Finds the way from a certificate to an authority that is trusted, through the intermediates that came with it (RFC 5280 §6.1, with the trusted
/// authority's own certificate checked as well). One answer, or one reason why not: there are no status flags to misread (peers 3.2 case 7).
/// A fifth of what X509Chain costs, because the authorities' keys are imported already.
/// </summary>
public static class CertificatePath
{
    /// <summary>Most intermediates between a certificate and its trusted authority.</summary>
    public const int MaximumIntermediates = 3;

    // What is understood here, or decided elsewhere: purposes and usage of the leaf are its reader's to judge.
    static readonly HashSet<string> Understood =
    [
        Oids.BasicConstraints, Oids.KeyUsage, Oids.ExtendedKeyUsage, Oids.SubjectAlternativeName, Oids.NameConstraints, Oids.SubjectKeyIdentifier,
        Oids.AuthorityKeyIdentifier, Oids.CertificatePolicies, Oids.CrlDistributionPoints,
    ];

    /// <summary>Why a certificate cannot be a registered authority, or null.</summary>
    public static string? FindAuthorityFault(CertificateText certificate, DateTimeOffset now) => certificate switch
    {
        { Version: not 3 } => "An authority's certificate has version 3.",
        { IsAuthority: false } => "The certificate is not an authority's: basicConstraints does not say cA.",
        { KeyUsage: { } usage } when !usage.HasFlag(X509KeyUsageFlags.KeyCertSign) => "The authority's key may not sign certificates: keyUsage lacks keyCertSign.",
        { Subject.IsEmpty: true } => "An authority has a subject (RFC 5280 §4.1.2.6).",
        _ when !certificate.IsValidAt(now) => "The authority's certificate is not valid now.",
        _ => FindUnknownExtension(certificate),
    };

    /// <summary>Searches the way.</summary>
    /// <param name="leaf">The certificate.</param>
    /// <param name="presented">Intermediates that came with it, in any order.</param>
    /// <param name="anchorsOf">Trusted authorities with a subject.</param>
    /// <param name="now">Now.</param>
    /// <param name="anchor">The authority found.</param>
    /// <returns>Null when there is a way; otherwise why not, in a sentence.</returns>
    public static string? Find(CertificateText leaf, IReadOnlyList<CertificateText> presented,
        Func<SubjectName, IReadOnlyList<TrustAnchor>> anchorsOf, DateTimeOffset now, out TrustAnchor? anchor)
    {
        anchor = null;
        if (FindUnknownExtension(leaf) is { } unknown) return unknown;
        if (!leaf.IsValidAt(now)) return "The certificate is not valid now.";
        var path = new List<CertificateText>(MaximumIntermediates + 1) { leaf };
        while (true)
        {
            var current = path[^1];
            if (FindSigner(current, anchorsOf(current.Issuer)) is { } found)
            {
                if (FindFault(found.Certificate, path, now) is { } fault) return fault;
                anchor = found;
                return null;
            }

            if (path.Count > MaximumIntermediates) return $"The chain is longer than {MaximumIntermediates} intermediates.";
            if (!TryFindIntermediate(current, presented, path, now, out var next, out var reason)) return reason;
            path.Add(next);
        }
    }

    static TrustAnchor? FindSigner(CertificateText certificate, IReadOnlyList<TrustAnchor> candidates)
    {
        foreach (var candidate in candidates)
            if (MayHaveSigned(candidate.Certificate, certificate) && candidate.Key.HasSigned(certificate)) return candidate;
        return null;
    }

    static bool TryFindIntermediate(CertificateText certificate, IReadOnlyList<CertificateText> presented, List<CertificateText> path, DateTimeOffset now,
        [NotNullWhen(true)] out CertificateText? next, out string? fault)
    {
        (next, fault) = (null, "No registered authority has signed the certificate.");
        foreach (var candidate in presented)
        {
            if (path.Contains(candidate) || !MayHaveSigned(candidate, certificate)) continue;
            if (FindFault(candidate, path, now) is { } wrong)
            {
                fault = wrong;
                continue;
            }

            try
            {
                using var key = VerificationKey.Of(candidate);
                if (!key.HasSigned(certificate)) continue;
            }
            catch (PkiException weak)
            {
                fault = weak.Message;
                continue;
            }

            next = candidate;
            return true;
        }

        return false;
    }

    // Names, then key identifiers where both have them (§4.2.1.1): what costs nothing first.
    static bool MayHaveSigned(CertificateText authority, CertificateText certificate) =>
        authority.Subject.Attributes.SequenceEqual(certificate.Issuer.Attributes)
        && (certificate.AuthorityKeyIdentifier is not { } wanted || authority.SubjectKeyIdentifier is not { } has || wanted.Span.SequenceEqual(has.Span));

    /// <param name="below">What stands below the authority, the leaf first.</param>
    static string? FindFault(CertificateText authority, List<CertificateText> below, DateTimeOffset now)
    {
        if (FindAuthorityFault(authority, now) is { } fault) return fault;
        if (authority.PathLength is { } length && below.Count - 1 > length) return "There are more intermediates than an authority's path length allows.";
        if (authority.NameConstraints is not { } constraints) return null;
        foreach (var certificate in below)
            if (constraints.FindFault(certificate) is { } outside) return outside;
        return null;
    }

    static string? FindUnknownExtension(CertificateText certificate)
    {
        foreach (var (oid, critical) in certificate.Extensions)
            if (critical && !Understood.Contains(oid)) return $"Critical extension {oid} is not understood here (RFC 5280 §4.2).";
        return null;
    }
}
