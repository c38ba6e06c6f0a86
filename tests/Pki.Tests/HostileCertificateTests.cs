using System.Formats.Asn1;

namespace FleetPlatform.Pki.Tests;

/// <summary>Peers 3.2 case 6: whatever a stranger's certificate or request holds, it is read or refused, and nothing else happens.</summary>
public sealed class HostileCertificateTests
{
    public static TheoryData<string> Certificates => [.. HostileCertificates.All];

    [Theory, MemberData(nameof(Certificates))]
    public void A_hostile_certificate_is_read_or_refused(string kind)
    {
        try
        {
            var text = CertificateText.Read(HostileCertificates.Make(kind).Der);
            text.Subject.FindFault();
            KeyPolicy.FindFault(PublicKey.Read(text.SubjectPublicKeyInfo.Span)).ShouldBeNull();
            CertificatePath.FindAuthorityFault(text, Authority.Noon);
            CertificatePath.Find(text, [text], _ => [], Authority.Noon, out _).ShouldNotBeNull("nobody has signed it but itself");
        }
        catch (PkiException refused)
        {
            refused.Code.ShouldBe(PkiFailures.CertificateInvalid);
        }
    }

    /// <summary>Keys that OpenSSL would work on for minutes, or that claim parameters of their own (CVE-2020-0601), are refused before it sees them.</summary>
    [Fact]
    public void A_hostile_key_is_refused_before_it_is_imported()
    {
        foreach (var spki in HostileKeys())
            Should.Throw<PkiException>(() => SigningRequest.Read(Csr.Assemble(Csr.CommonName(UniversalTagNumber.UTF8String, "x"u8.ToArray()), spki, _ => new byte[70])))
                .Code.ShouldBeOneOf(PkiFailures.WeakKey, PkiFailures.InvalidCsr);
    }

    static IEnumerable<byte[]> HostileKeys()
    {
        yield return Csr.EcSpki("1.2.840.10045.3.1.7", new byte[65]); // the point at nowhere
        yield return Csr.EcSpki("1.2.840.10045.3.1.7", [0]); // infinity
        yield return Csr.EcSpki("1.2.840.10045.3.1.7", []);
        yield return Rsa([0], [1, 0, 1]);
        yield return Rsa([1], [1, 0, 1]);
        yield return Rsa([0x7F, .. new byte[2046], 1], [1, 0, 1]); // 16,383 bits
        yield return Rsa([0x7F, .. new byte[254], 1], [0]);
        yield return Rsa([0x7F, .. new byte[254], 1], [0x7F, .. new byte[254], 1]); // an exponent as long as the modulus
        yield return Rsa([0xFF, .. new byte[254], 1], [1, 0, 1]); // negative
    }

    static byte[] Rsa(byte[] modulus, byte[] exponent)
    {
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger(modulus);
            key.WriteInteger(exponent);
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.Rsa);
                writer.WriteNull();
            }

            writer.WriteBitString(key.Encode());
        }

        return writer.Encode();
    }
}
