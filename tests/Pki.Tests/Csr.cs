using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki.Tests;

/// <summary>Signing requests, honest and hostile. Honest ones come from the framework, not from the code under test.</summary>
static class Csr
{
    public static string Ec(string subject = "CN=device-1", ECCurve? curve = null, HashAlgorithmName? hash = null,
        Action<CertificateRequest>? and = null)
    {
        using var key = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, hash ?? HashAlgorithmName.SHA256);
        and?.Invoke(request);
        return request.CreateSigningRequestPem();
    }

    public static string Rsa(RSA? key = null, string subject = "CN=device-1", HashAlgorithmName? hash = null, RSASignaturePadding? padding = null) =>
        new CertificateRequest(subject, key ?? Keys.Rsa2048, hash ?? HashAlgorithmName.SHA256, padding ?? RSASignaturePadding.Pkcs1)
            .CreateSigningRequestPem();

    /// <summary>Assembled by hand: any part may be wrong.</summary>
    public static string Assemble(Action<AsnWriter> writeSubject, byte[] spki, Func<byte[], byte[]> sign, string signatureOid = Oids.EcdsaSha256,
        int version = 0, bool withAttributes = true)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(version);
            writeSubject(writer);
            writer.WriteEncodedValue(spki);
            if (withAttributes) writer.WriteEncodedValue([0xA0, 0x00]);
        }

        var info = writer.Encode();
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(info);
            using (writer.PushSequence()) writer.WriteObjectIdentifier(signatureOid);
            writer.WriteBitString(sign(info));
        }

        return PemEncoding.WriteString("CERTIFICATE REQUEST", writer.Encode());
    }

    /// <summary>Signed by a fresh P-256 key, with a subject written by the caller.</summary>
    public static string WithSubject(Action<AsnWriter> writeSubject, bool withAttributes = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Assemble(writeSubject, key.ExportSubjectPublicKeyInfo(),
            info => key.SignData(info, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), withAttributes: withAttributes);
    }

    /// <summary>A common name of any string type and any octets, well encoded or not.</summary>
    public static Action<AsnWriter> CommonName(UniversalTagNumber type, byte[] octets) => writer =>
    {
        byte[] value = [(byte)type, (byte)octets.Length, .. octets];
        byte[] attribute = [0x30, (byte)(5 + value.Length), 0x06, 0x03, 0x55, 0x04, 0x03, .. value];
        byte[] set = [0x31, (byte)attribute.Length, .. attribute];
        writer.WriteEncodedValue([0x30, (byte)set.Length, .. set]);
    };

    public static byte[] RsaSpki(BigInteger modulus, BigInteger exponent)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(modulus);
            writer.WriteInteger(exponent);
        }

        var key = writer.Encode();
        writer.Reset();
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.Rsa);
                writer.WriteNull();
            }

            writer.WriteBitString(key);
        }

        return writer.Encode();
    }

    public static byte[] EcSpki(string curveOid, byte[] point)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.EcPublicKey);
                writer.WriteObjectIdentifier(curveOid);
            }

            writer.WriteBitString(point);
        }

        return writer.Encode();
    }

    public static void AName(AsnWriter writer) => SubjectName.OfCommonName("device-1").Write(writer);
}
