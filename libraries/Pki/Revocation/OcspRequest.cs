using System.Formats.Asn1;

namespace FleetPlatform.Pki;

/// <summary>The certificate an OCSP request is about (RFC 6960 §4.1.1), named by its issuer's hashes.</summary>
/// <param name="Encoded">The CertID as it came; the answer repeats it.</param>
/// <param name="HashAlgorithm">Dotted: SHA-1 or SHA-256.</param>
/// <param name="IssuerNameHash">Of the issuer's distinguished name.</param>
/// <param name="IssuerKeyHash">Of the issuer's public key, without its algorithm.</param>
/// <param name="SerialNumber">Big-endian, as in the certificate.</param>
public sealed record OcspCertificateId(
    ReadOnlyMemory<byte> Encoded, string HashAlgorithm, ReadOnlyMemory<byte> IssuerNameHash, ReadOnlyMemory<byte> IssuerKeyHash, ReadOnlyMemory<byte> SerialNumber);

/// <summary>An OCSP request: who is asked about, and the nonce. A signature around it is not looked at: anybody may ask.</summary>
public sealed record OcspRequest(IReadOnlyList<OcspCertificateId> Certificates, ReadOnlyMemory<byte>? Nonce)
{
    /// <summary>Largest request read, in octets.</summary>
    public const int MaximumOctets = 4096;

    /// <summary>Most certificates in one request.</summary>
    public const int MaximumCertificates = 16;

    const int MaximumNonce = 128; // RFC 9654 §2.1

    /// <summary>Reads a request.</summary>
    /// <param name="der">In DER; the result keeps a reference to it.</param>
    /// <returns>Null: it is malformed, or larger than any honest one.</returns>
    public static OcspRequest? TryRead(ReadOnlyMemory<byte> der)
    {
        if (der.Length > MaximumOctets) return null;
        try
        {
            return Read(der);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    static OcspRequest? Read(ReadOnlyMemory<byte> der)
    {
        var body = DerReader.ReadWhole(der.Span, Asn1Tag.Sequence);
        var request = DerReader.Read(ref body, Asn1Tag.Sequence);
        if (DerReader.NextIs(request, Context(0))) DerReader.Read(ref request, Context(0)); // version
        if (DerReader.NextIs(request, Context(1))) DerReader.Read(ref request, Context(1)); // requestorName
        var list = DerReader.Read(ref request, Asn1Tag.Sequence);
        var certificates = new List<OcspCertificateId>();
        while (!list.IsEmpty)
        {
            if (certificates.Count == MaximumCertificates) return null;
            var one = DerReader.Read(ref list, Asn1Tag.Sequence);
            certificates.Add(ReadCertificate(DerReader.ReadEncoded(ref one, Asn1Tag.Sequence).ToArray()));
        }

        var nonce = DerReader.NextIs(request, Context(2)) ? ReadNonce(DerReader.ReadWhole(DerReader.Read(ref request, Context(2)), Asn1Tag.Sequence)) : null;
        DerReader.End(request);
        return certificates.Count == 0 || nonce is { Length: 0 or > MaximumNonce } ? null : new(certificates, nonce is null ? default(ReadOnlyMemory<byte>?) : nonce.AsMemory()); // a null array by itself becomes an empty nonce
    }

    static OcspCertificateId ReadCertificate(byte[] encoded)
    {
        var id = DerReader.ReadWhole(encoded, Asn1Tag.Sequence);
        var algorithm = DerReader.Read(ref id, Asn1Tag.Sequence);
        var oid = DerReader.ReadOid(ref algorithm);
        var name = DerReader.Read(ref id, Asn1Tag.PrimitiveOctetString).ToArray();
        var key = DerReader.Read(ref id, Asn1Tag.PrimitiveOctetString).ToArray();
        var serial = DerReader.ReadInteger(ref id).ToArray();
        DerReader.End(id);
        return new(encoded, oid, name, key, serial);
    }

    static byte[]? ReadNonce(ReadOnlySpan<byte> extensions)
    {
        byte[]? nonce = null;
        while (!extensions.IsEmpty)
        {
            var extension = DerReader.Read(ref extensions, Asn1Tag.Sequence);
            var oid = DerReader.ReadOid(ref extension);
            if (DerReader.NextIs(extension, Asn1Tag.Boolean)) DerReader.Read(ref extension, Asn1Tag.Boolean);
            var value = DerReader.ReadWhole(extension, Asn1Tag.PrimitiveOctetString);
            if (oid == Oids.OcspNonce) nonce = value.ToArray();
        }

        return nonce;
    }

    static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);
}
