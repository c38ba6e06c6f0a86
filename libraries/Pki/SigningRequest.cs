using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>
/// A certificate signing request (PKCS#10, RFC 2986) that has been checked: its form, its key, and that the sender holds the private
/// half. Of its contents only the subject and the public key are kept; attributes, and with them every requested extension, are not
/// read: what a certificate may do is the profile's to say.
/// </summary>
public sealed class SigningRequest
{
    /// <summary>Longest PEM accepted, in characters (AWS IoT CreateCertificateFromCsr).</summary>
    public const int MaximumCharacters = 4096;

    const string OldLabel = "NEW CERTIFICATE REQUEST";
    static readonly Asn1Tag Attributes = new(TagClass.ContextSpecific, 0, isConstructed: true);

    SigningRequest(SubjectName subject, byte[] subjectPublicKeyInfo, PublicKeyAlgorithm algorithm, int keyBits)
    {
        Subject = subject;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        KeyAlgorithm = algorithm;
        KeyBits = keyBits;
    }

    /// <summary>The subject, free of control characters and within RFC 5280's bounds. May be empty.</summary>
    public SubjectName Subject { get; }

    /// <summary>The public key in DER.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    public PublicKeyAlgorithm KeyAlgorithm { get; }

    /// <summary>Bits of the curve's field or of the RSA modulus.</summary>
    public int KeyBits { get; }

    /// <summary>Reads and checks a request.</summary>
    /// <param name="pem">One PEM block, at most <see cref="MaximumCharacters"/> characters, nothing but white space around it.</param>
    /// <exception cref="PkiException">
    /// <c>csr-too-large</c>, <c>invalid-csr</c> (form, subject, signature) or <c>weak-key</c> (<see cref="KeyPolicy"/>).
    /// Nothing else is thrown, whatever the input.
    /// </exception>
    public static SigningRequest Read(ReadOnlySpan<char> pem)
    {
        if (pem.Length > MaximumCharacters)
            throw new PkiException(PkiFailures.CsrTooLarge, $"The CSR has {pem.Length} characters; at most {MaximumCharacters} are accepted.");
        var der = TryReadPem(pem) ?? throw Invalid("The CSR is not exactly one PEM block labelled CERTIFICATE REQUEST.");
        try
        {
            return ReadDer(der);
        }
        catch (AsnContentException wrong)
        {
            throw Invalid($"The CSR is not a PKCS#10 request in DER: {wrong.Message}");
        }
    }

    /// <summary>The common name that a request asks for, whatever else is wrong with it: to tell whose a refused request was, never to grant it.</summary>
    /// <returns>Null when no sound name can be read. Nothing is thrown, whatever the input.</returns>
    public static string? FindCommonName(ReadOnlySpan<char> pem)
    {
        if (pem.Length > MaximumCharacters || TryReadPem(pem) is not { } der) return null;
        try
        {
            ReadOnlySpan<byte> outer = DerReader.ReadWhole(der, Asn1Tag.Sequence);
            var info = DerReader.Read(ref outer, Asn1Tag.Sequence);
            DerReader.ReadInteger(ref info);
            var subject = SubjectName.Read(DerReader.ReadEncoded(ref info, Asn1Tag.Sequence));
            return subject.FindFault() is null ? subject.CommonName : null;
        }
        catch (Exception wrong) when (wrong is AsnContentException or PkiException)
        {
            return null;
        }
    }

    static byte[]? TryReadPem(ReadOnlySpan<char> pem) => Pem.TryReadOnly(pem, Pem.CertificateRequest) ?? Pem.TryReadOnly(pem, OldLabel);

    static SigningRequest ReadDer(ReadOnlySpan<byte> der)
    {
        var outer = DerReader.ReadWhole(der, Asn1Tag.Sequence);
        var signed = DerReader.ReadEncoded(ref outer, Asn1Tag.Sequence);
        var signatureAlgorithm = DerReader.Read(ref outer, Asn1Tag.Sequence);
        var signature = DerReader.ReadBits(ref outer);
        DerReader.End(outer);

        var info = DerReader.ReadWhole(signed, Asn1Tag.Sequence);
        if (DerReader.ReadInteger(ref info) is not [0]) throw Invalid("The CSR's version is not 1.");
        var subject = SubjectName.Read(DerReader.ReadEncoded(ref info, Asn1Tag.Sequence));
        var spki = DerReader.ReadEncoded(ref info, Asn1Tag.Sequence);
        if (!info.IsEmpty) DerReader.Read(ref info, Attributes); // RFC 2986 §4.1 wants them even when empty; some encoders leave them out
        DerReader.End(info);

        // Cheapest first: a refused request must cost less than an accepted one.
        if (subject.FindFault() is { } fault) throw Invalid(fault);
        var key = PublicKey.Read(spki);
        if (KeyPolicy.FindFault(key) is { } weakness) throw new PkiException(PkiFailures.WeakKey, weakness);
        if (!IsSignedBy(key, signed, signature, DerReader.ReadOid(ref signatureAlgorithm)))
            throw Invalid("The CSR's signature does not verify with the public key inside it (RSA PKCS#1 or ECDSA with SHA-256, SHA-384 or SHA-512).");
        return new(subject, spki.ToArray(), key.Algorithm, key.Bits);
    }

    static bool IsSignedBy(in PublicKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, string oid)
    {
        try
        {
            return key.Verify(data, signature, oid);
        }
        catch (CryptographicException)
        {
            throw new PkiException(PkiFailures.WeakKey, "The public key is not a valid key: its point is not on the curve.");
        }
    }

    static PkiException Invalid(string message) => new(PkiFailures.InvalidCsr, message);
}
