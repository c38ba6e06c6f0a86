using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki;

/// <summary>
/// What a certificate says (RFC 5280 §4.1), read from its DER without importing anything: a twentieth of what X509Certificate2 costs.
/// Reading is not trusting: nothing here checks a signature; <see cref="IsSignedBy"/> does.
/// </summary>
public sealed class CertificateText
{
    /// <summary>Largest certificate read, in octets.</summary>
    public const int MaximumOctets = 16 * 1024;

    CertificateText()
    {
    }

    /// <summary>The part that is signed.</summary>
    public required ReadOnlyMemory<byte> Tbs { get; init; }

    /// <summary>1 or 3; 0 when the encoding says something else.</summary>
    public int Version { get; private set; } = 1;

    /// <summary>The serial number's octets, two's complement, big-endian.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; private set; }

    /// <summary>The serial number in lower-case hex.</summary>
    public string SerialNumberHex => Convert.ToHexStringLower(SerialNumber.Span);

    /// <summary>Signature algorithm inside the signed part, dotted.</summary>
    public string SignatureAlgorithm { get; private set; } = "";

    public SubjectName Issuer { get; private set; } = SubjectName.Empty;

    public SubjectName Subject { get; private set; } = SubjectName.Empty;

    /// <summary>First instant of validity.</summary>
    public DateTimeOffset NotBefore { get; private set; }

    /// <summary>Last instant of validity.</summary>
    public DateTimeOffset NotAfter { get; private set; }

    /// <summary>The public key in DER.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; private set; }

    public PublicKeyAlgorithm KeyAlgorithm { get; private set; }

    /// <summary>Bits of the curve's field or of the RSA modulus; 0 when not known.</summary>
    public int KeyBits { get; private set; }

    /// <summary>Null when the extension is absent: every use is allowed.</summary>
    public X509KeyUsageFlags? KeyUsage { get; private set; }

    /// <summary>Purposes, dotted; null when the extension is absent: every purpose is allowed.</summary>
    public IReadOnlyList<string>? ExtendedKeyUsages { get; private set; }

    /// <summary>basicConstraints cA.</summary>
    public bool IsAuthority { get; private set; }

    /// <summary>basicConstraints pathLenConstraint; null when absent.</summary>
    public int? PathLength { get; private set; }

    /// <summary>Null when the extension is absent.</summary>
    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; private set; }

    /// <summary>Null when the extension or its key identifier is absent.</summary>
    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier { get; private set; }

    /// <summary>URL of the first distribution point of revocation lists; null when none is named.</summary>
    public string? RevocationListUrl { get; private set; }

    /// <summary>dNSName entries of the subject alternative name.</summary>
    public IReadOnlyList<string> DnsNames { get; private set; } = [];

    /// <summary>iPAddress entries of the subject alternative name.</summary>
    public IReadOnlyList<IPAddress> IpAddresses { get; private set; } = [];

    /// <summary>Of an authority: which names may stand below it; null when the extension is absent.</summary>
    public NameConstraints? NameConstraints { get; private set; }

    /// <summary>Every extension: its type, whether it is critical.</summary>
    public IReadOnlyDictionary<string, bool> Extensions { get; private set; } = new Dictionary<string, bool>();

    /// <summary>The signature algorithm inside the signed part, in DER with its parameters.</summary>
    internal ReadOnlyMemory<byte> SignatureAlgorithmDer { get; private set; }

    /// <summary>Both times as encoded.</summary>
    internal ReadOnlyMemory<byte> ValidityDer { get; private set; }

    /// <summary>The one outside; empty when only the signed part was read.</summary>
    internal ReadOnlyMemory<byte> OuterSignatureAlgorithmDer { get; private init; }

    /// <summary>Signature algorithm outside the signed part, dotted; empty when only that part was read.</summary>
    public string OuterSignatureAlgorithm { get; private init; } = "";

    /// <summary>The signature; empty when only the signed part was read.</summary>
    public ReadOnlyMemory<byte> Signature { get; private init; }

    /// <summary>True unless the certificate says that it is for other purposes than authenticating a client (§4.2.1.12, §4.2.1.3).</summary>
    public bool AllowsClientAuthentication =>
        (ExtendedKeyUsages is not { } purposes || purposes.Contains(Oids.ClientAuthentication) || purposes.Contains(Oids.AnyExtendedKeyUsage))
        && (KeyUsage is not { } usage || usage.HasFlag(X509KeyUsageFlags.DigitalSignature));

    /// <summary>True when <paramref name="now"/> lies within the validity, both ends included.</summary>
    public bool IsValidAt(DateTimeOffset now) => NotBefore <= now && now <= NotAfter;

    /// <summary>True when this certificate's signature verifies with a key.</summary>
    /// <param name="issuer">The certificate of the supposed issuer. Only its key is looked at.</param>
    public bool IsSignedBy(CertificateText issuer) => SignatureAlgorithm == OuterSignatureAlgorithm
        && PublicKey.Read(issuer.SubjectPublicKeyInfo.Span).Verify(Tbs.Span, Signature.Span, SignatureAlgorithm);

    /// <summary>Reads one certificate in PEM.</summary>
    /// <exception cref="PkiException"><c>certificate-invalid</c>.</exception>
    public static CertificateText ReadPem(ReadOnlySpan<char> pem) => Read(Pem.ReadCertificate(pem));

    /// <summary>Reads one certificate.</summary>
    /// <param name="der">The certificate in DER, nothing after it. The result keeps a reference to it.</param>
    /// <exception cref="PkiException"><c>certificate-invalid</c>; nothing else is thrown, whatever the input.</exception>
    public static CertificateText Read(ReadOnlyMemory<byte> der) => Guarded(der, static der =>
    {
        var body = DerReader.ReadWhole(der.Span, Asn1Tag.Sequence);
        var tbs = Within(der, DerReader.ReadEncoded(ref body, Asn1Tag.Sequence));
        var outerDer = Within(der, DerReader.ReadEncoded(ref body, Asn1Tag.Sequence));
        var algorithm = DerReader.ReadWhole(outerDer.Span, Asn1Tag.Sequence);
        var outer = DerReader.ReadOid(ref algorithm);
        var signature = Within(der, DerReader.ReadBits(ref body));
        DerReader.End(body);
        var text = new CertificateText { Tbs = tbs, OuterSignatureAlgorithm = outer, OuterSignatureAlgorithmDer = outerDer, Signature = signature };
        text.ReadFields();
        return text;
    });

    /// <summary>Reads the part to be signed of a certificate that is not signed yet.</summary>
    /// <exception cref="PkiException"><c>certificate-invalid</c>.</exception>
    public static CertificateText ReadTbs(ReadOnlyMemory<byte> der) => Guarded(der, static der =>
    {
        var text = new CertificateText { Tbs = der };
        text.ReadFields();
        return text;
    });

    static CertificateText Guarded(ReadOnlyMemory<byte> der, Func<ReadOnlyMemory<byte>, CertificateText> read)
    {
        if (der.Length > MaximumOctets)
            throw new PkiException(PkiFailures.CertificateInvalid, $"The certificate has {der.Length} octets; at most {MaximumOctets} are read.");
        try
        {
            return read(der);
        }
        catch (AsnContentException wrong)
        {
            throw new PkiException(PkiFailures.CertificateInvalid, $"Not an X.509 certificate in DER: {wrong.Message}");
        }
    }

    void ReadFields()
    {
        var rest = DerReader.ReadWhole(Tbs.Span, Asn1Tag.Sequence);
        if (DerReader.NextIs(rest, Context(0, true)))
        {
            var version = DerReader.Read(ref rest, Context(0, true));
            Version = DerReader.ReadInteger(ref version) is [2] ? 3 : 0;
        }

        SerialNumber = Within(Tbs, DerReader.ReadInteger(ref rest));
        SignatureAlgorithmDer = Within(Tbs, DerReader.ReadEncoded(ref rest, Asn1Tag.Sequence));
        var algorithm = DerReader.ReadWhole(SignatureAlgorithmDer.Span, Asn1Tag.Sequence);
        SignatureAlgorithm = DerReader.ReadOid(ref algorithm);
        Issuer = SubjectName.Read(DerReader.ReadEncoded(ref rest, Asn1Tag.Sequence));
        var validity = DerReader.Read(ref rest, Asn1Tag.Sequence);
        ValidityDer = Within(Tbs, validity);
        NotBefore = DerReader.ReadTime(ref validity);
        NotAfter = DerReader.ReadTime(ref validity);
        DerReader.End(validity);
        Subject = SubjectName.Read(DerReader.ReadEncoded(ref rest, Asn1Tag.Sequence));
        SubjectPublicKeyInfo = Within(Tbs, DerReader.ReadEncoded(ref rest, Asn1Tag.Sequence));
        var key = PublicKey.Read(SubjectPublicKeyInfo.Span);
        (KeyAlgorithm, KeyBits) = (key.Algorithm, key.Bits);
        for (var uniqueId = 1; uniqueId <= 2; uniqueId++)
            if (DerReader.NextIs(rest, Context(uniqueId))) DerReader.Read(ref rest, Context(uniqueId));
        if (rest.IsEmpty) return;
        ReadExtensions(DerReader.Read(ref rest, Context(3, true)));
        DerReader.End(rest);
    }

    void ReadExtensions(ReadOnlySpan<byte> wrapped)
    {
        var list = DerReader.ReadWhole(wrapped, Asn1Tag.Sequence);
        var seen = new Dictionary<string, bool>(StringComparer.Ordinal);
        while (!list.IsEmpty)
        {
            var extension = DerReader.Read(ref list, Asn1Tag.Sequence);
            var oid = DerReader.ReadOid(ref extension);
            var critical = DerReader.NextIs(extension, Asn1Tag.Boolean) && DerReader.Read(ref extension, Asn1Tag.Boolean) is [not 0];
            if (!seen.TryAdd(oid, critical)) throw new AsnContentException("An extension appears twice.");
            var value = DerReader.Read(ref extension, Asn1Tag.PrimitiveOctetString);
            DerReader.End(extension);
            ReadExtension(oid, value);
        }

        Extensions = seen;
    }

    void ReadExtension(string oid, ReadOnlySpan<byte> value)
    {
        switch (oid)
        {
            case Oids.BasicConstraints:
                var constraints = DerReader.ReadWhole(value, Asn1Tag.Sequence);
                IsAuthority = DerReader.NextIs(constraints, Asn1Tag.Boolean) && DerReader.Read(ref constraints, Asn1Tag.Boolean) is [not 0];
                if (!constraints.IsEmpty) PathLength = DerReader.ReadInteger(ref constraints) is [var length] ? length : int.MaxValue;
                break;
            case Oids.KeyUsage:
                if (!AsnDecoder.TryReadPrimitiveBitString(value, AsnEncodingRules.DER, out _, out var bits, out _) || bits.IsEmpty)
                    throw new AsnContentException("keyUsage is not a bit string.");
                KeyUsage = (X509KeyUsageFlags)(bits[0] | (bits.Length > 1 ? bits[1] << 8 : 0));
                break;
            case Oids.ExtendedKeyUsage:
                var purposes = DerReader.ReadWhole(value, Asn1Tag.Sequence);
                var oids = new List<string>(2);
                while (!purposes.IsEmpty) oids.Add(DerReader.ReadOid(ref purposes));
                ExtendedKeyUsages = oids;
                break;
            case Oids.SubjectKeyIdentifier:
                SubjectKeyIdentifier = Within(Tbs, DerReader.ReadWhole(value, Asn1Tag.PrimitiveOctetString));
                break;
            case Oids.AuthorityKeyIdentifier:
                var authority = DerReader.ReadWhole(value, Asn1Tag.Sequence);
                if (DerReader.NextIs(authority, Context(0))) AuthorityKeyIdentifier = Within(Tbs, DerReader.Read(ref authority, Context(0)));
                break;
            case Oids.RevocationListDistributionPoints:
                var points = DerReader.ReadWhole(value, Asn1Tag.Sequence);
                RevocationListUrl = RevocationPoints.ReadDistributionPoint(DerReader.Read(ref points, Asn1Tag.Sequence));
                break;
            case Oids.SubjectAlternativeName:
                ReadAlternativeNames(DerReader.ReadWhole(value, Asn1Tag.Sequence));
                break;
            case Oids.NameConstraints:
                NameConstraints = NameConstraints.Read(value);
                break;
        }
    }

    void ReadAlternativeNames(ReadOnlySpan<byte> names)
    {
        var (dns, addresses) = (new List<string>(), new List<IPAddress>());
        while (!names.IsEmpty)
        {
            var tag = AsnDecoder.ReadEncodedValue(names, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
            var value = names.Slice(offset, length);
            names = names[consumed..];
            if (tag.HasSameClassAndValue(Context(2))) dns.Add(System.Text.Encoding.ASCII.GetString(value));
            else if (tag.HasSameClassAndValue(Context(7)) && value.Length is 4 or 16) addresses.Add(new IPAddress(value));
        }

        (DnsNames, IpAddresses) = (dns, addresses);
    }

    static Asn1Tag Context(int number, bool constructed = false) => new(TagClass.ContextSpecific, number, constructed);

    // A span that was cut out of the memory, as a part of that memory.
    static ReadOnlyMemory<byte> Within(ReadOnlyMemory<byte> whole, ReadOnlySpan<byte> part)
    {
        whole.Span.Overlaps(part, out var offset);
        return whole.Slice(offset, part.Length);
    }
}
