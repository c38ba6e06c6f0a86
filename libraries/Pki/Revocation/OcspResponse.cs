using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>What is said of a certificate.</summary>
public enum OcspStatus
{
    Good = 0,
    Revoked = 1,

    /// <summary>It was not issued here. Never <see cref="Good"/>: whoever forges a serial number must not be vouched for.</summary>
    Unknown = 2,
}

/// <summary>The answer about one certificate.</summary>
/// <param name="Certificate">As it was asked for.</param>
/// <param name="Status">What is said.</param>
/// <param name="RevokedAt">When it was revoked.</param>
/// <param name="Reason">CRLReason; 0 is left out.</param>
public sealed record OcspAnswer(OcspCertificateId Certificate, OcspStatus Status, DateTimeOffset RevokedAt = default, int Reason = 0);

/// <summary>Writes OCSP responses (RFC 6960 §4.2, in the profile of RFC 5019 §2.2: responder by key, one signature, the responder's certificate inside).</summary>
public static class OcspResponse
{
    /// <summary>malformedRequest.</summary>
    public static byte[] Malformed { get; } = Error(1);

    /// <summary>internalError.</summary>
    public static byte[] Failed { get; } = Error(2);

    /// <summary>tryLater: the responder has no certificate at the moment.</summary>
    public static byte[] TryLater { get; } = Error(3);

    /// <summary>unauthorized: the issuer is none of ours (RFC 5019 §2.2.3).</summary>
    public static byte[] Unauthorized { get; } = Error(6);

    /// <summary>A signed response.</summary>
    /// <param name="answers">At least one.</param>
    /// <param name="thisUpdate">When it was true.</param>
    /// <param name="nextUpdate">When something newer will be there for sure.</param>
    /// <param name="nonce">The request's nonce extension value; null when it had none.</param>
    /// <param name="key">The responder's key, on P-256.</param>
    /// <param name="responder">The responder's certificate in DER.</param>
    public static byte[] Write(
        IReadOnlyList<OcspAnswer> answers, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, ReadOnlyMemory<byte>? nonce, ECDsa key, ReadOnlyMemory<byte> responder)
    {
        var data = WriteData(answers, thisUpdate, nextUpdate, nonce, key.ExportSubjectPublicKeyInfo());
        var signature = key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(data);
            SignatureAlgorithms.Write(basic, Oids.EcdsaSha256);
            basic.WriteBitString(signature);
            using (basic.PushSequence(Context(0)))
            using (basic.PushSequence())
                basic.WriteEncodedValue(responder.Span);
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue([0x0A, 0x01, 0x00]); // successful
            using (writer.PushSequence(Context(0)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.OcspBasicResponse);
                writer.WriteOctetString(basic.Encode());
            }
        }

        return writer.Encode();
    }

    /// <summary>SHA-1 of a public key's bits, as CertID and responder ids have it.</summary>
    /// <param name="subjectPublicKeyInfo">In DER.</param>
    /// <param name="algorithm">Hash, dotted; SHA-1 unless said.</param>
    public static byte[] KeyHash(ReadOnlySpan<byte> subjectPublicKeyInfo, string algorithm = Oids.Sha1)
    {
        var info = DerReader.ReadWhole(subjectPublicKeyInfo, Asn1Tag.Sequence);
        DerReader.Read(ref info, Asn1Tag.Sequence);
        return Hash(DerReader.ReadBits(ref info), algorithm);
    }

    /// <summary>The hash of an issuer's name, as CertID has it.</summary>
    public static byte[] NameHash(SubjectName name, string algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        name.Write(writer);
        return Hash(writer.Encode(), algorithm);
    }

#pragma warning disable CA5350 // RFC 6960 §4.2.2.3 and every client's CertID: SHA-1 names an issuer here, it protects nothing.
    static byte[] Hash(ReadOnlySpan<byte> octets, string algorithm) => algorithm == Oids.Sha256 ? SHA256.HashData(octets) : SHA1.HashData(octets);
#pragma warning restore CA5350

    static byte[] WriteData(IReadOnlyList<OcspAnswer> answers, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, ReadOnlyMemory<byte>? nonce, byte[] responderKey)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Context(2))) writer.WriteOctetString(KeyHash(responderKey)); // ResponderID byKey
            WriteTime(writer, thisUpdate);
            using (writer.PushSequence())
                foreach (var answer in answers) WriteAnswer(writer, answer, thisUpdate, nextUpdate);
            if (nonce is { } value)
                using (writer.PushSequence(Context(1)))
                using (writer.PushSequence())
                    TbsCertificate.WriteExtension(writer, Oids.OcspNonce, critical: false, () => writer.WriteEncodedValue(value.Span));
        }

        return writer.Encode();
    }

    static void WriteAnswer(AsnWriter writer, OcspAnswer answer, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate)
    {
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(answer.Certificate.Encoded.Span);
            switch (answer.Status)
            {
                case OcspStatus.Good: writer.WriteNull(Context(0)); break;
                case OcspStatus.Unknown: writer.WriteNull(Context(2)); break;
                default:
                    using (writer.PushSequence(Context(1)))
                    {
                        WriteTime(writer, answer.RevokedAt);
                        if (answer.Reason != 0)
                            using (writer.PushSequence(Context(0))) writer.WriteEncodedValue([0x0A, 0x01, (byte)answer.Reason]);
                    }

                    break;
            }

            WriteTime(writer, thisUpdate);
            using (writer.PushSequence(Context(0))) WriteTime(writer, nextUpdate);
        }
    }

    // Always GeneralizedTime, in whole seconds (§4.2.2.1).
    static void WriteTime(AsnWriter writer, DateTimeOffset time) => writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);

    static byte[] Error(byte status) => [0x30, 0x03, 0x0A, 0x01, status];

    static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number);
}
