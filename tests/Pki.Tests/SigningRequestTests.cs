using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace FleetPlatform.Pki.Tests;

public sealed class SigningRequestTests
{
    public static TheoryData<string> Curves => ["nistP256", "nistP384", "nistP521"];

    [Theory, MemberData(nameof(Curves))]
    public void Every_named_curve_is_read(string curve)
    {
        foreach (var hash in (HashAlgorithmName[])[HashAlgorithmName.SHA256, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512])
        {
            var request = SigningRequest.Read(Csr.Ec(curve: ECCurve.CreateFromFriendlyName(curve), hash: hash));
            request.Subject.CommonName.ShouldBe("device-1");
            request.KeyBits.ShouldBe(int.Parse(curve[5..]));
        }
    }

    [Fact]
    public void Rsa_is_read_with_every_hash()
    {
        foreach (var hash in (HashAlgorithmName[])[HashAlgorithmName.SHA256, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512])
            SigningRequest.Read(Csr.Rsa(hash: hash)).KeyAlgorithm.ShouldBe(PublicKeyAlgorithm.Rsa);
    }

    [Fact]
    public void Requests_made_by_openssl_are_read()
    {
        var (exit, pem) = OpenSsl.Run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
            "-subj", "/C=DE/O=Acme/CN=SN-0042/serialNumber=42", "-batch");
        exit.ShouldBe(0);
        var start = pem.IndexOf("-----BEGIN CERTIFICATE REQUEST", StringComparison.Ordinal);
        var end = pem.IndexOf("-----END CERTIFICATE REQUEST-----", StringComparison.Ordinal);

        var request = SigningRequest.Read(pem[start..end] + "-----END CERTIFICATE REQUEST-----\r\n");

        request.Subject.ToString().ShouldBe("SERIALNUMBER=42,CN=SN-0042,O=Acme,C=DE");
    }

    [Fact]
    public void Our_own_requests_satisfy_openssl()
    {
        using var key = KeyPair.CreateEcdsaP256();
        using var authority = new Authority();
        var (exit, output) = OpenSsl.Run("req", "-verify", "-noout", "-subject", "-in", authority.File("csr.pem", key.CreateSigningRequest("SN-1")));
        exit.ShouldBe(0, output);
        output.ShouldContain("CN = SN-1");
    }

    [Fact]
    public void Line_endings_indentation_and_the_old_label_do_not_matter()
    {
        var pem = Csr.Ec();
        SigningRequest.Read(pem.ReplaceLineEndings("\r\n") + "\n\n");
        SigningRequest.Read("\n  " + pem);
        SigningRequest.Read(pem.Replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", StringComparison.Ordinal));
    }

    [Fact]
    public void Missing_attributes_and_an_empty_subject_are_tolerated()
    {
        SigningRequest.Read(Csr.WithSubject(Csr.AName, withAttributes: false)).Subject.CommonName.ShouldBe("device-1");
        SigningRequest.Read(Csr.WithSubject(writer => SubjectName.Empty.Write(writer))).Subject.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_printable_string_with_an_underscore_is_what_old_embedded_encoders_send() =>
        SigningRequest.Read(Csr.WithSubject(Csr.CommonName(UniversalTagNumber.PrintableString, "dev_1@x"u8.ToArray())))
            .Subject.CommonName.ShouldBe("dev_1@x");

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData("nul\0inside")]
    [InlineData("escape\u001b[31m")]
    [InlineData("c1\u0085control")]
    [InlineData("right\u202Eto left")]
    [InlineData("zero\u200Bwidth")]
    [InlineData("paragraph\u2029")]
    public void Control_and_format_characters_in_the_subject_are_refused(string name) =>
        Refusal(Csr.WithSubject(Csr.CommonName(UniversalTagNumber.UTF8String, Encoding.UTF8.GetBytes(name)))).ShouldBe("invalid-csr");

    [Theory]
    [InlineData("C3 28")]
    [InlineData("ED A0 80")]
    [InlineData("FF")]
    [InlineData("")]
    public void Octets_that_are_not_utf8_are_refused(string hex) =>
        Refusal(Csr.WithSubject(Csr.CommonName(UniversalTagNumber.UTF8String, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)))))
            .ShouldBe("invalid-csr");

    [Fact]
    public void A_common_name_longer_than_the_standard_allows_is_refused()
    {
        SigningRequest.Read(Csr.WithSubject(Csr.CommonName(UniversalTagNumber.UTF8String, Encoding.ASCII.GetBytes(new string('x', 64)))));
        Refusal(Csr.WithSubject(Csr.CommonName(UniversalTagNumber.UTF8String, Encoding.ASCII.GetBytes(new string('x', 65))))).ShouldBe("invalid-csr");
    }

    [Fact]
    public void More_than_4096_characters_are_refused_before_anything_is_read() =>
        Refusal(Csr.Ec() + new string('\n', 4096)).ShouldBe("csr-too-large");

    [Fact]
    public void More_than_one_block_or_text_around_it_is_refused()
    {
        Refusal(Csr.Ec() + "\n" + Csr.Ec()).ShouldBe("invalid-csr");
        Refusal("Subject: CN=x\n" + Csr.Ec()).ShouldBe("invalid-csr");
        Refusal(Csr.Ec() + "\nand more").ShouldBe("invalid-csr");
    }

    [Fact]
    public void A_request_signed_by_another_key_is_refused()
    {
        using var claimed = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var held = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Refusal(Csr.Assemble(Csr.AName, claimed.ExportSubjectPublicKeyInfo(),
            info => held.SignData(info, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))).ShouldBe("invalid-csr");
    }

    [Fact]
    public void Signature_algorithms_that_do_not_fit_are_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string Signed(string oid, HashAlgorithmName hash) => Csr.Assemble(Csr.AName, key.ExportSubjectPublicKeyInfo(),
            info => key.SignData(info, hash, DSASignatureFormat.Rfc3279DerSequence), oid);

        SigningRequest.Read(Signed(Oids.EcdsaSha384, HashAlgorithmName.SHA384));
        Refusal(Signed("1.2.840.10045.4.1", HashAlgorithmName.SHA1)).ShouldBe("invalid-csr");
        Refusal(Signed(Oids.RsaSha256, HashAlgorithmName.SHA256)).ShouldBe("invalid-csr");
        Refusal(Signed(Oids.EcdsaSha512, HashAlgorithmName.SHA256)).ShouldBe("invalid-csr");
        Refusal(Csr.Rsa(padding: RSASignaturePadding.Pss)).ShouldBe("invalid-csr");
    }

    [Fact]
    public void Another_version_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Refusal(Csr.Assemble(Csr.AName, key.ExportSubjectPublicKeyInfo(),
            info => key.SignData(info, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), version: 2)).ShouldBe("invalid-csr");
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n!!!!\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nMIAAAA==\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nMIT/////AA==\n-----END CERTIFICATE REQUEST-----")]
    public void Garbage_is_refused(string text) => Refusal(text).ShouldBe("invalid-csr");

    [Fact]
    public void Whose_a_refused_request_was_can_be_told()
    {
        using var weak = RSA.Create(1024);
        var request = Csr.Rsa(weak, "CN=SN-0042, O=Acme");
        Refusal(request).ShouldBe("weak-key");
        SigningRequest.FindCommonName(request).ShouldBe("SN-0042");
        SigningRequest.FindCommonName(Csr.Ec()).ShouldBe(SigningRequest.Read(Csr.Ec()).Subject.CommonName);
        SigningRequest.FindCommonName(Csr.Rsa(weak, "O=Acme")).ShouldBeNull();
        SigningRequest.FindCommonName("no request").ShouldBeNull();
    }

    [Fact]
    public void Nesting_costs_nothing()
    {
        var der = new byte[2800];
        for (var at = 0; at + 4 < der.Length; at += 4)
            (der[at], der[at + 1], der[at + 2], der[at + 3]) = (0x30, 0x82, (byte)((der.Length - at - 4) >> 8), (byte)(der.Length - at - 4));
        Refusal(PemEncoding.WriteString("CERTIFICATE REQUEST", der)).ShouldBe("invalid-csr");
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var der = Pem.TryReadOnly(Csr.Ec(), Pem.CertificateRequest)!;
        for (var length = 0; length < der.Length; length++)
            Refusal(PemEncoding.WriteString("CERTIFICATE REQUEST", der.AsSpan(0, length))).ShouldBe("invalid-csr");
    }

    [Fact]
    public void Every_changed_octet_is_refused()
    {
        var der = Pem.TryReadOnly(Csr.Ec(), Pem.CertificateRequest)!;
        for (var at = 0; at < der.Length; at++)
        {
            var changed = der.ToArray();
            changed[at] ^= 0x41;
            Refusal(PemEncoding.WriteString("CERTIFICATE REQUEST", changed)).ShouldBeOneOf("invalid-csr", "weak-key");
        }
    }

    [Fact]
    public void Random_octets_never_do_more_than_be_refused()
    {
        var random = new Random(4711);
        var seed = Pem.TryReadOnly(Csr.Rsa(), Pem.CertificateRequest)!;
        for (var round = 0; round < 5_000; round++)
        {
            var octets = seed.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            var request = PemEncoding.WriteString("CERTIFICATE REQUEST", octets);
            SigningRequest.FindCommonName(request);
            try
            {
                SigningRequest.Read(request);
            }
            catch (PkiException)
            {
                // the only exception allowed
            }
        }
    }

    [Fact]
    public void Requested_extensions_are_never_read()
    {
        var greedy = Csr.Ec(and: request =>
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 5, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("mqtt.fleet.example");
            request.CertificateExtensions.Add(names.Build());
        });
        SigningRequest.Read(greedy).Subject.CommonName.ShouldBe("device-1");
    }

    static string Refusal(string pem) => Should.Throw<PkiException>(() => SigningRequest.Read(pem)).Code;
}
