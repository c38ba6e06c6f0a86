using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>Textual encoding of RFC 7468: one block, its label, nothing else.</summary>
public static class Pem
{
    public const string Certificate = "CERTIFICATE";
    public const string CertificateRequest = "CERTIFICATE REQUEST";
    public const string PublicKey = "PUBLIC KEY";

    /// <summary>Writes one block, lines of 64 characters, with a trailing newline as every AWS sample has it.</summary>
    public static string Write(string label, ReadOnlySpan<byte> der) => PemEncoding.WriteString(label, der) + "\n";

    /// <summary>A certificate in PEM, with a trailing newline.</summary>
    public static string WriteCertificate(ReadOnlySpan<byte> der) => Write(Certificate, der);

    /// <summary>Reads the only block of a text.</summary>
    /// <param name="text">PEM; white space around the block is allowed, anything else is not.</param>
    /// <param name="label">The label expected.</param>
    /// <returns>The DER, or null when there is no block with this label or there is more than the block.</returns>
    public static byte[]? TryReadOnly(ReadOnlySpan<char> text, string label)
    {
        if (!PemEncoding.TryFind(text, out var fields) || !text[fields.Label].SequenceEqual(label)) return null;
        if (!text[..fields.Location.Start.GetOffset(text.Length)].IsWhiteSpace()) return null;
        if (!text[fields.Location.End.GetOffset(text.Length)..].IsWhiteSpace()) return null;

        var der = new byte[fields.DecodedDataLength];
        return Convert.TryFromBase64Chars(text[fields.Base64Data], der, out var written) && written == der.Length ? der : null;
    }

    /// <summary>Reads one certificate.</summary>
    /// <returns>Its DER.</returns>
    /// <exception cref="PkiException"><c>certificate-invalid</c>: not exactly one CERTIFICATE block.</exception>
    public static byte[] ReadCertificate(ReadOnlySpan<char> text) => TryReadOnly(text, Certificate)
        ?? throw new PkiException(PkiFailures.CertificateInvalid, "Expected exactly one PEM block labelled CERTIFICATE.");
}
