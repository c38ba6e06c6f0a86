using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki.Tests;

public sealed class LintTests : IDisposable
{
    readonly Authority _authority = new();
    readonly KeyPair _key = KeyPair.CreateEcdsaP256();

    [Fact]
    public void A_good_certificate_breaks_no_rule() => Broken(fields => fields).ShouldBeNull();

    [Fact]
    public void A_key_too_short() => Broken(fields => fields with
    {
        SubjectPublicKeyInfo = Csr.RsaSpki(System.Numerics.BigInteger.One << 1023, 65537),
        KeyAlgorithm = PublicKeyAlgorithm.Rsa,
    }).ShouldBe("KeyIsStrong");

    [Fact]
    public void Another_signature_algorithm() => Broken(fields => fields with { SignatureAlgorithm = Oids.RsaSha256 }).ShouldBe("SignatureAlgorithmIsTheIssuers");

    [Fact]
    public void Another_issuer_name() => Broken(fields => fields with { Issuer = SubjectName.OfCommonName("else") }).ShouldBe("IssuerNameIsTheIssuers");

    [Fact]
    public void An_end_before_the_beginning() =>
        Broken(fields => fields with { NotAfter = fields.NotBefore.AddSeconds(-1) }).ShouldBe("ValidityIsOrdered");

    [Fact]
    public void A_beginning_to_come() => Broken(fields => fields with { NotBefore = Authority.Noon.AddMinutes(1) }).ShouldBe("ValidityIsOrdered");

    [Fact]
    public void A_life_beyond_the_issuers() =>
        Broken(fields => fields with { NotAfter = _authority.Issuer.Certificate.NotAfter.AddSeconds(1) }).ShouldBe("ValidityWithinIssuer");

    [Fact]
    public void No_subject() => Broken(fields => fields with { Subject = SubjectName.Empty }).ShouldBe("SubjectIsBounded");

    [Fact]
    public void A_subject_with_a_line_break() => Broken(fields => fields with { Subject = SubjectName.OfCommonName("a\nb") }).ShouldBe("SubjectIsBounded");

    [Fact]
    public void An_authority_nobody_asked_for() =>
        Broken(fields => fields with { Profile = fields.Profile with { IsAuthority = true } }).ShouldBe("AuthorityOnlyByProfile");

    [Fact]
    public void A_path_length_nobody_asked_for() =>
        Broken(fields => fields with { Profile = fields.Profile with { PathLength = 3 } }).ShouldBe("AuthorityOnlyByProfile");

    [Fact]
    public void A_device_that_signs_certificates() =>
        Broken(fields => fields with { Profile = fields.Profile with { EcKeyUsage = X509KeyUsageFlags.KeyCertSign } }).ShouldBe("KeyUsageMatchesKey");

    [Fact]
    public void An_ec_key_that_enciphers() =>
        Broken(fields => fields with { Profile = fields.Profile with { EcKeyUsage = X509KeyUsageFlags.KeyEncipherment } }).ShouldBe("KeyUsageMatchesKey");

    [Fact]
    public void Another_purpose() =>
        Broken(fields => fields with { Profile = fields.Profile with { ExtendedKeyUsages = [Oids.AnyExtendedKeyUsage] } }).ShouldBe("ExtendedKeyUsageMatchesProfile");

    [Fact]
    public void No_authority_key_identifier() => Broken(fields => fields with { IssuerKeyIdentifier = default }).ShouldBe("KeyIdentifiersChain");

    [Fact]
    public void Another_authority_key_identifier() => Broken(fields => fields with { IssuerKeyIdentifier = new byte[20] }).ShouldBe("KeyIdentifiersChain");

    [Fact]
    public void A_device_with_a_host_name() => Broken(fields => fields with { Names = ["mqtt.example"] }).ShouldBe("AlternativeNamesByProfile");

    [Fact]
    public void Every_rule_cites_its_standard_and_has_its_own_file()
    {
        Lints.All.ShouldAllBe(lint => lint.Citation.StartsWith("RFC ", StringComparison.Ordinal) || lint.Citation.StartsWith("NIST ", StringComparison.Ordinal));
        typeof(ILint).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(ILint)) && type.IsClass)
            .ShouldBe(Lints.All.Select(lint => lint.GetType()), ignoreOrder: true);
    }

    public void Dispose()
    {
        _key.Dispose();
        _authority.Dispose();
    }

    // The certificate says what the changed fields say; it is held against the unchanged profile.
    string? Broken(Func<CertificateFields, CertificateFields> change)
    {
        var fields = new CertificateFields
        {
            Profile = Authority.DeviceProfile,
            SerialNumber = SerialNumber.Draw(2),
            SignatureAlgorithm = _authority.Key.SignatureAlgorithm,
            Issuer = _authority.Issuer.Certificate.Subject,
            IssuerKeyIdentifier = _authority.Issuer.Certificate.SubjectKeyIdentifier!.Value,
            NotBefore = Authority.Noon.AddHours(-1),
            NotAfter = Authority.Noon.AddDays(30),
            Subject = SubjectName.OfCommonName("SN-1"),
            SubjectPublicKeyInfo = _key.SubjectPublicKeyInfo,
            KeyAlgorithm = PublicKeyAlgorithm.EcdsaP256,
        };
        var text = CertificateText.ReadTbs(TbsCertificate.Write(change(fields)));
        try
        {
            Lints.Check(new(text, _authority.Issuer.Certificate, Authority.DeviceProfile, Authority.Noon));
            return null;
        }
        catch (LintException broken)
        {
            return broken.Lint;
        }
    }
}
