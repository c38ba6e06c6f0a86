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
    public void Name_constraints_nobody_asked_for() =>
        Broken(fields => fields with { Profile = fields.Profile with { NameConstraints = NameConstraints.Permit(["example"]) } }).ShouldBe("ConstraintsByProfile");

    [Fact]
    public void A_name_outside_the_issuers_constraints()
    {
        var constrained = Constrained();
        var server = CertificateProfile.Server(TimeSpan.FromDays(30), TimeSpan.FromHours(1));
        constrained.Prepare(server, SubjectName.OfCommonName("s"), _key.SubjectPublicKeyInfo, ["mqtt.plant.example"], Authority.Noon);
        Should.Throw<LintException>(() => constrained.Prepare(server, SubjectName.OfCommonName("s"), _key.SubjectPublicKeyInfo, ["mqtt.other.example"], Authority.Noon))
            .Lint.ShouldBe("NamesWithinConstraints");
    }

    [Fact]
    public void An_authority_below_one_that_may_have_none() =>
        Should.Throw<LintException>(() => _authority.Issuer.Prepare(CertificateProfile.Authority("below", TimeSpan.FromDays(1), 0), SubjectName.OfCommonName("below"),
            _key.SubjectPublicKeyInfo, [], Authority.Noon)).Lint.ShouldBe("PathLengthLeavesRoom");

    /// <summary>Peers 3.2 case 11: 63 bits instead of 64 cost others two million certificates; here each of 152 bits is as often set as not.</summary>
    [Fact]
    public void Serial_numbers_are_positive_unpredictable_and_different()
    {
        const int Drawn = 10_000;
        var (ones, seen) = (new int[SerialNumber.Length * 8], new HashSet<SerialNumber>());
        for (var i = 0; i < Drawn; i++)
        {
            var serial = SerialNumber.Draw(0x02);
            seen.Add(serial).ShouldBeTrue();
            serial.Octets[0].ShouldBe((byte)0x02);
            for (var bit = 0; bit < ones.Length; bit++) ones[bit] += (serial.Octets[bit / 8] >> (bit % 8)) & 1;
        }

        ones[8..].ShouldAllBe(count => count > Drawn * 45 / 100 && count < Drawn * 55 / 100); // ten standard deviations
    }

    /// <summary>Peers 3.2 case 11.</summary>
    [Theory]
    [InlineData("0100000000000000000000000000000000000001"), InlineData("01AB01AB01AB01AB01AB01AB01AB01AB01AB01AB"), InlineData("0123456789ABCDEF01")]
    public void A_serial_number_that_can_be_guessed(string serial)
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var signed = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), Authority.Noon, Authority.Noon.AddDays(1), Convert.FromHexString(serial));
        var text = CertificateText.Read(signed.RawData);
        new SerialNumberIsUnpredictable().Check(new(text, text, Authority.DeviceProfile, Authority.Noon)).ShouldNotBeNull();
    }

    [Fact]
    public void A_time_in_the_wrong_type_for_its_year()
    {
        var good = CertificateText.ReadTbs(TbsCertificate.Write(Fields()));
        new TimesAreEncodedByYear().Check(new(good, good, Authority.DeviceProfile, Authority.Noon)).ShouldBeNull();
        var late = CertificateText.ReadTbs(TbsCertificate.Write(Fields() with { NotAfter = new(2060, 1, 1, 0, 0, 0, TimeSpan.Zero) }));
        new TimesAreEncodedByYear().Check(new(late, late, Authority.DeviceProfile, Authority.Noon)).ShouldBeNull();

        // UTCTime "260601…Z" read as GeneralizedTime of this century: the same instant in four octets more.
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteGeneralizedTime(Authority.Noon, omitFractionalSeconds: true);
        writer.WriteGeneralizedTime(Authority.Noon.AddDays(1), omitFractionalSeconds: true);
        var times = writer.Encode();
        var tbs = TbsCertificate.Write(Fields());
        var at = tbs.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x30, 0x1E, 0x17, 0x0D]);
        byte[] changed = [.. tbs.AsSpan(0, at), 0x30, (byte)times.Length, .. times, .. tbs.AsSpan(at + 32)];
        var length = changed.Length - 4;
        (changed[2], changed[3]) = ((byte)(length >> 8), (byte)length);
        var wrong = CertificateText.ReadTbs(changed);
        new TimesAreEncodedByYear().Check(new(wrong, wrong, Authority.DeviceProfile, Authority.Noon)).ShouldNotBeNull();
    }

    [Fact]
    public void Every_rule_cites_its_standard_and_has_its_own_file()
    {
        string[] standards = ["RFC ", "NIST ", "CA/Browser Forum "];
        Lints.All.ShouldAllBe(lint => standards.Any(standard => lint.Citation.StartsWith(standard, StringComparison.Ordinal)));
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
        var text = CertificateText.ReadTbs(TbsCertificate.Write(change(Fields())));
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

    // An authority whose certificate permits one domain.
    CertificateIssuer Constrained()
    {
        var profile = CertificateProfile.Authority("root", TimeSpan.FromDays(300), null) with { NameConstraints = NameConstraints.Permit(["plant.example"]) };
        return new(CertificateText.Read(CertificateIssuer.SelfSign(_authority.Key, profile, SubjectName.OfCommonName("constrained"), Authority.Noon)), _authority.Key, 3);
    }

    CertificateFields Fields() => new()
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
}
