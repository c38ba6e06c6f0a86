using System.Formats.Asn1;

namespace FleetPlatform.Pki;

/// <summary>Writes certificate signing requests (PKCS#10, RFC 2986).</summary>
public static class SigningRequestText
{
    /// <summary>A request for an authority's key: what an external root is given to sign.</summary>
    /// <param name="key">The key; it signs the request.</param>
    /// <param name="subject">The name asked for.</param>
    /// <returns>PEM.</returns>
    public static string Write(IIssuerKey key, SubjectName subject) =>
        Write(key.SubjectPublicKeyInfo.Span, subject, key.SignatureAlgorithm, key.Sign);

    internal delegate byte[] Signer(ReadOnlySpan<byte> data);

    internal static string Write(ReadOnlySpan<byte> subjectPublicKeyInfo, SubjectName subject, string signatureAlgorithm, Signer sign)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 512);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            subject.Write(writer);
            writer.WriteEncodedValue(subjectPublicKeyInfo);
            using (writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                // no attributes: the authority reads none
            }
        }

        var info = writer.Encode();
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(info);
            SignatureAlgorithms.Write(writer, signatureAlgorithm);
            writer.WriteBitString(sign(info));
        }

        return Pem.Write(Pem.CertificateRequest, writer.Encode());
    }
}
