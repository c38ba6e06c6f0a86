using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Pki.Tests;

public sealed class OwnershipTokenTests
{
    static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    static readonly string Certificate = new('a', 64);
    static readonly string Claim = new('b', 64);
    static readonly string Flow = new('c', 32);

    [Fact]
    public void A_token_says_what_it_was_minted_with()
    {
        var token = OwnershipToken.Verify(Key, Mint(), Authority.Noon.AddMinutes(59), out var failure).ShouldNotBeNull();

        failure.ShouldBeNull();
        token.ShouldBe(new() { CertificateId = Certificate, ClaimId = Claim, FlowId = Flow, IssuedAt = Authority.Noon });
        token.IsHeldBy(Claim).ShouldBeTrue();
        token.IsHeldBy(Certificate).ShouldBeFalse();
    }

    [Fact]
    public void The_form_is_pinned() => Mint().ShouldBe(
        "Aaqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqu7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7vMzMzMzMzMzMzMzMzMzMzMAAABnoMOGgDGUpIe6-s8EU0xvJb4fYiE9vwkSaOjo1qTBnNsO3Wcig");

    [Fact]
    public void A_token_fits_the_buffers_of_embedded_clients() => Mint().Length.ShouldBe(162);

    [Fact]
    public void Every_changed_character_is_noticed()
    {
        var minted = Mint();
        for (var at = 0; at < minted.Length; at++)
        {
            var changed = minted.ToCharArray();
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            OwnershipToken.Verify(Key, new string(changed), Authority.Noon, out var failure).ShouldBeNull();
            failure.ShouldBe("token-malformed");
        }
    }

    [Theory]
    [InlineData(null, "token-missing")]
    [InlineData("", "token-missing")]
    [InlineData("x", "token-malformed")]
    [InlineData("token with spaces", "token-malformed")]
    public void What_is_no_token_is_named(string? text, string code)
    {
        OwnershipToken.Verify(Key, text, Authority.Noon, out var failure).ShouldBeNull();
        failure.ShouldBe(code);
    }

    [Fact]
    public void A_token_of_another_key_is_malformed()
    {
        OwnershipToken.Verify(RandomNumberGenerator.GetBytes(32), Mint(), Authority.Noon, out var failure).ShouldBeNull();
        failure.ShouldBe("token-malformed");
    }

    [Fact]
    public void A_cut_or_longer_token_is_malformed()
    {
        foreach (var text in (string[])[Mint()[..^1], Mint() + "A", Mint() + "=", " " + Mint()])
        {
            OwnershipToken.Verify(Key, text, Authority.Noon, out var failure).ShouldBeNull();
            failure.ShouldBe("token-malformed");
        }
    }

    [Fact]
    public void A_token_lives_an_hour_and_not_before_its_minting()
    {
        OwnershipToken.Verify(Key, Mint(), Authority.Noon.AddHours(1), out _).ShouldNotBeNull();
        OwnershipToken.Verify(Key, Mint(), Authority.Noon.AddHours(1).AddMilliseconds(1), out var late).ShouldBeNull();
        late.ShouldBe("token-expired");
        OwnershipToken.Verify(Key, Mint(), Authority.Noon.AddMinutes(-4), out _).ShouldNotBeNull();
        OwnershipToken.Verify(Key, Mint(), Authority.Noon.AddMinutes(-6), out var early).ShouldBeNull();
        early.ShouldBe("token-expired");
    }

    [Fact]
    public void Short_keys_and_malformed_ids_are_refused_at_the_mint()
    {
        Should.Throw<ArgumentException>(() => OwnershipToken.Mint(new byte[16], Certificate, Claim, Flow, Authority.Noon));
        Should.Throw<ArgumentException>(() => OwnershipToken.Mint(Key, "x", Claim, Flow, Authority.Noon));
        Should.Throw<ArgumentException>(() => OwnershipToken.Mint(Key, Certificate, "operator", Flow, Authority.Noon));
        Should.Throw<ArgumentException>(() => OwnershipToken.Mint(Key, Certificate, Claim, new string('z', 32), Authority.Noon));
    }

    static string Mint() => OwnershipToken.Mint(Key, Certificate, Claim, Flow, Authority.Noon);
}

public sealed class SealedSecretTests
{
    [Fact]
    public void Only_the_recipient_opens_it_and_only_for_what_it_was_sealed_for()
    {
        using var gateway = new SealedSecretOpener();
        using var other = new SealedSecretOpener();
        var box = SealedSecret.Seal(gateway.PublicKey, "the secret"u8, "flow-1");

        Encoding.UTF8.GetString(gateway.Open(box, "flow-1")).ShouldBe("the secret");
        Should.Throw<CryptographicException>(() => gateway.Open(box, "flow-2"));
        Should.Throw<CryptographicException>(() => other.Open(box, "flow-1"));
        box.Length.ShouldBe("the secret".Length + SealedSecret.Overhead);
    }

    [Fact]
    public void Every_changed_octet_is_noticed()
    {
        using var gateway = new SealedSecretOpener();
        var box = SealedSecret.Seal(gateway.PublicKey, "the secret"u8, "flow-1");
        for (var at = 0; at < box.Length; at++)
        {
            var changed = box.ToArray();
            changed[at] ^= 1;
            Should.Throw<CryptographicException>(() => gateway.Open(changed, "flow-1"));
        }

        for (var length = 0; length < box.Length; length++) Should.Throw<CryptographicException>(() => gateway.Open(box.AsSpan(0, length), "flow-1"));
    }

    [Fact]
    public void The_same_secret_is_never_sealed_alike()
    {
        using var gateway = new SealedSecretOpener();
        SealedSecret.Seal(gateway.PublicKey, "x"u8, "f").ShouldNotBe(SealedSecret.Seal(gateway.PublicKey, "x"u8, "f"));
    }

    [Fact]
    public void A_key_that_is_no_p256_key_is_refused()
    {
        using var p384 = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        foreach (var key in (byte[][])[[], [1, 2, 3], p384.ExportSubjectPublicKeyInfo()])
            Should.Throw<PkiException>(() => SealedSecret.Seal(key, "x"u8, "f")).Code.ShouldBe("invalid-request");
    }
}

public sealed class SerialNumberTests
{
    [Fact]
    public void Ten_thousand_are_positive_distinct_and_evenly_spread()
    {
        var drawn = Enumerable.Range(0, 10_000).Select(_ => SerialNumber.Draw(2)).ToArray();

        drawn.Distinct().Count().ShouldBe(drawn.Length);
        drawn.ShouldAllBe(serial => serial.ToString().Length == 40 && serial.ToString().StartsWith("02"));
        for (var octet = 1; octet < SerialNumber.Length; octet++)
        {
            // 39 expected of each value: chi-squared with 255 degrees of freedom stays below 400 but once in 10^8.
            var chi = drawn.GroupBy(serial => serial.Octets[octet]).Sum(group => Math.Pow(group.Count() - 39.06, 2) / 39.06);
            chi.ShouldBeLessThan(420);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x80)]
    public void A_prefix_that_would_make_it_negative_or_short_is_refused(byte prefix) =>
        Should.Throw<ArgumentOutOfRangeException>(() => SerialNumber.Draw(prefix));
}

public sealed class KeyTests
{
    [Fact]
    public void Keys_are_written_as_embedded_stacks_read_them()
    {
        using var ec = KeyPair.CreateEcdsaP256();
        ec.PrivateKeyPem.ShouldStartWith("-----BEGIN EC PRIVATE KEY-----\n");
        using var rsa = KeyPair.FromPem(Keys.Rsa2048.ExportPkcs8PrivateKeyPem());
        rsa.PrivateKeyPem.ShouldStartWith("-----BEGIN RSA PRIVATE KEY-----\n");
        rsa.PublicKeyPem.ShouldStartWith("-----BEGIN PUBLIC KEY-----\n");
    }

    [Fact]
    public void A_key_read_back_is_the_same_and_goes_with_its_certificate()
    {
        using var authority = new Authority();
        using var made = KeyPair.CreateEcdsaP256();
        var pem = Pem.WriteCertificate(authority.Issue(made.CreateSigningRequest("SN-1")));
        using var read = KeyPair.FromPem(made.PrivateKeyPem);

        using var certificate = read.ToX509(pem);

        certificate.HasPrivateKey.ShouldBeTrue();
        certificate.Subject.ShouldBe("CN=SN-1");
        Should.Throw<PkiException>(() => KeyPair.FromPem("no key"));
    }

    [Fact]
    public void An_issuers_key_file_is_encrypted_and_its_owners_alone()
    {
        var folder = Directory.CreateTempSubdirectory("pki-tests-");
        var path = Path.Combine(folder.FullName, "keys", "issuing.pem");
        using var made = FileIssuerKey.Create(path, "correct horse");
        using var read = FileIssuerKey.Load(path, "correct horse");

        read.SubjectPublicKeyInfo.ToArray().ShouldBe(made.SubjectPublicKeyInfo.ToArray());
        File.ReadAllText(path).ShouldStartWith("-----BEGIN ENCRYPTED PRIVATE KEY-----");
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(path)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Should.Throw<CryptographicException>(() => FileIssuerKey.Load(path, "wrong"));
        folder.Delete(recursive: true);
    }
}

public sealed class SubjectNameTests
{
    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll(Names(), name =>
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        name.Write(writer);
        return SubjectName.Read(writer.Encode()).Attributes.SequenceEqual(name.Attributes);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_framework_reads_every_name_the_same() => Prop.ForAll(Names(), name =>
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        name.Write(writer);
        return new X500DistinguishedName(writer.Encode()).EnumerateRelativeDistinguishedNames(reversed: false)
            .Select(rdn => rdn.GetSingleElementValue()).SequenceEqual(name.Attributes.Select(attribute => attribute.Value));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Special_characters_are_escaped() =>
        SubjectName.OfCommonName("#a,b+c\"d\\e;").ToString().ShouldBe("CN=\\#a\\,b\\+c\\\"d\\\\e\\;");

    static Arbitrary<SubjectName> Names()
    {
        string[] types = [Oids.CommonName, Oids.Organization, Oids.SubjectSerialNumber, Oids.OrganizationalUnit, Oids.Email, Oids.State, "1.3.6.1.4.1.99999.1"];
        string[] values = ["SN-0042", "dev_1", "Grüße", "設備", "a=b,c", "x@y.example", "#+*/?${}", " ", "42"];
        var attribute = from type in Gen.Elements(types) from value in Gen.Elements(values) select new SubjectAttribute(type, value);
        return Arb.From(attribute.ListOf().Where(list => list.Count is > 0 and <= 16).Select(list => SubjectName.Of([.. list])));
    }
}
