namespace FleetPlatform.Pki;

/// <summary>A certificate decided on, linted, and not signed yet. Redeemed once, by the issuer that prepared it.</summary>
public sealed class PreparedCertificate
{
    int _redeemed;

    internal PreparedCertificate(CertificateIssuer issuer, byte[] tbs, string serialNumber, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        Issuer = issuer;
        Tbs = tbs;
        SerialNumber = serialNumber;
        NotBefore = notBefore;
        NotAfter = notAfter;
    }

    internal CertificateIssuer Issuer { get; }

    /// <summary>The octets that will be signed. Do not change the array.</summary>
    public byte[] Tbs { get; }

    /// <summary>40 lower-case hex digits.</summary>
    public string SerialNumber { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    internal bool TryRedeem() => Interlocked.Exchange(ref _redeemed, 1) == 0;
}

/// <summary>An authority that can sign: its certificate, its key, and the rules it holds itself to.</summary>
/// <param name="certificate">The authority's own certificate.</param>
/// <param name="key">Its private key; this object does not dispose it.</param>
/// <param name="serialPrefix">First octet of its serial numbers, 0x01 to 0x7F.</param>
public sealed class CertificateIssuer(CertificateText certificate, IIssuerKey key, byte serialPrefix)
{
    /// <summary>The authority's own certificate.</summary>
    public CertificateText Certificate { get; } = certificate;

    /// <summary>Decides what a certificate says and lints it.</summary>
    /// <param name="profile">Its kind.</param>
    /// <param name="subject">Its subject.</param>
    /// <param name="subjectPublicKeyInfo">Its key, in DER, checked by the caller (<see cref="SigningRequest"/>).</param>
    /// <param name="names">DNS names and IP addresses, for profiles that have them.</param>
    /// <param name="now">Now. notBefore lies <see cref="CertificateProfile.BackDating"/> before; notAfter never after the issuer's own.</param>
    /// <param name="points">Where its revocation can be looked up, for profiles that say so.</param>
    /// <exception cref="LintException">A rule is broken; nothing may be signed. An expired issuer ends here.</exception>
    public PreparedCertificate Prepare(CertificateProfile profile, SubjectName subject, ReadOnlyMemory<byte> subjectPublicKeyInfo,
        IReadOnlyList<string> names, DateTimeOffset now, RevocationPoints? points = null)
    {
        var serial = SerialNumber.Draw(serialPrefix);
        var fields = new CertificateFields
        {
            Profile = profile,
            SerialNumber = serial,
            SignatureAlgorithm = key.SignatureAlgorithm,
            Issuer = Certificate.Subject,
            IssuerKeyIdentifier = Certificate.SubjectKeyIdentifier ?? default,
            NotBefore = Latest(WholeSecond(now - profile.BackDating), Certificate.NotBefore),
            NotAfter = Earliest(WholeSecond(now + profile.Validity), Certificate.NotAfter),
            Subject = subject,
            SubjectPublicKeyInfo = subjectPublicKeyInfo,
            KeyAlgorithm = PublicKey.Read(subjectPublicKeyInfo.Span).Algorithm,
            Names = names,
            RevocationPoints = points,
        };
        var tbs = TbsCertificate.Write(fields);
        Lints.Check(new(CertificateText.ReadTbs(tbs), Certificate, profile, now));
        return new(this, tbs, serial.ToString(), fields.NotBefore, fields.NotAfter);
    }

    /// <summary>Takes up a certificate whose signed part was recorded before a crash.</summary>
    /// <exception cref="PkiException">The octets are not the signed part of a certificate.</exception>
    public PreparedCertificate Resume(byte[] tbs)
    {
        var text = CertificateText.ReadTbs(tbs);
        return new(this, tbs, text.SerialNumberHex, text.NotBefore, text.NotAfter);
    }

    /// <summary>Signs, once.</summary>
    /// <returns>The certificate in DER.</returns>
    /// <exception cref="InvalidOperationException">Signed before, or prepared by another issuer.</exception>
    public byte[] Sign(PreparedCertificate prepared)
    {
        if (prepared.Issuer != this) throw new InvalidOperationException("Prepared by another issuer.");
        if (!prepared.TryRedeem()) throw new InvalidOperationException("Signed before.");
        return TbsCertificate.Assemble(prepared.Tbs, key.SignatureAlgorithm, key.Sign(prepared.Tbs));
    }

    /// <summary>Signs a revocation list whose every octet has been looked at.</summary>
    /// <param name="examined">What <see cref="RevocationListExaminer"/> found in order, as a list of this authority.</param>
    /// <returns>The signature as it stands in the list.</returns>
    public byte[] Sign(ExaminedRevocationList examined) =>
        examined.IssuerKeyIdentifier.SequenceEqual(Certificate.SubjectKeyIdentifier.GetValueOrDefault().Span.ToArray())
            ? key.SignHash(examined.Hash)
            : throw new InvalidOperationException("Examined as another authority's list.");

    /// <summary>The algorithm of its signatures, dotted.</summary>
    public string SignatureAlgorithm => key.SignatureAlgorithm;

    /// <summary>Makes an authority's first certificate: signed with its own key.</summary>
    /// <param name="key">The new authority's key.</param>
    /// <param name="profile">An authority profile.</param>
    /// <param name="subject">The authority's name.</param>
    /// <param name="now">Now.</param>
    /// <returns>The certificate in DER.</returns>
    public static byte[] SelfSign(IIssuerKey key, CertificateProfile profile, SubjectName subject, DateTimeOffset now)
    {
        var tbs = TbsCertificate.Write(new()
        {
            Profile = profile,
            SerialNumber = SerialNumber.Draw(0x01),
            SignatureAlgorithm = key.SignatureAlgorithm,
            Issuer = subject,
            IssuerKeyIdentifier = default,
            NotBefore = WholeSecond(now - profile.BackDating),
            NotAfter = WholeSecond(now + profile.Validity),
            Subject = subject,
            SubjectPublicKeyInfo = key.SubjectPublicKeyInfo,
            KeyAlgorithm = PublicKey.Read(key.SubjectPublicKeyInfo.Span).Algorithm,
        });
        var text = CertificateText.ReadTbs(tbs);
        Lints.Check(new(text, text, profile, now));
        return TbsCertificate.Assemble(tbs, key.SignatureAlgorithm, key.Sign(tbs));
    }

    static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    static DateTimeOffset Earliest(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
