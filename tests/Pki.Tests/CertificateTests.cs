using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace FleetPlatform.Pki.Tests;

public sealed class CertificateTests : IDisposable
{
    readonly Authority _authority = new();

    [Fact]
    public void Openssl_accepts_the_chain_for_a_client_and_for_nothing_else()
    {
        var leaf = _authority.File("leaf.pem", Pem.WriteCertificate(_authority.Issue(Csr.Ec("CN=SN-1, O=Acme, C=DE"))));

        Verify(leaf, "sslclient").ShouldBe(0);
        Verify(leaf, "sslserver").ShouldNotBe(0);
        Verify(leaf, "crlsign").ShouldNotBe(0);
    }

    [Fact]
    public void The_framework_accepts_the_chain()
    {
        foreach (var csr in (string[])[Csr.Ec(), Csr.Rsa(), Csr.Ec(curve: ECCurve.NamedCurves.nistP384), Csr.Ec(curve: ECCurve.NamedCurves.nistP521)])
        {
            using var leaf = X509CertificateLoader.LoadCertificate(_authority.Issue(csr));
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(_authority.RootDer));
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(_authority.IssuingDer));
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTime = Authority.Noon.UtcDateTime;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(Oids.ClientAuthentication));
            chain.Build(leaf).ShouldBeTrue(string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
        }
    }

    [Fact]
    public void The_framework_reads_what_was_meant()
    {
        using var leaf = X509CertificateLoader.LoadCertificate(_authority.Issue(Csr.Rsa(subject: "CN=SN-1, O=Acme")));

        leaf.Version.ShouldBe(3);
        leaf.Subject.ShouldBe("CN=SN-1, O=Acme");
        leaf.Issuer.ShouldBe("CN=Test issuing");
        leaf.NotBefore.ToUniversalTime().ShouldBe(Authority.Noon.AddHours(-1).UtcDateTime);
        leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.ShouldBeFalse();
        leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.ShouldBe(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment);
        leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value.ShouldBe(Oids.ClientAuthentication);
        Convert.FromHexString(leaf.SerialNumber).Length.ShouldBe(20);
    }

    [Fact]
    public void Our_reader_agrees_with_the_framework()
    {
        var der = _authority.Issue(Csr.Ec("CN=SN-1, O=Acme, C=DE"));
        var text = CertificateText.Read(der);
        using var leaf = X509CertificateLoader.LoadCertificate(der);

        text.SerialNumberHex.ShouldBe(leaf.SerialNumber.ToLowerInvariant());
        text.NotAfter.UtcDateTime.ShouldBe(leaf.NotAfter.ToUniversalTime());
        text.SubjectPublicKeyInfo.ToArray().ShouldBe(leaf.PublicKey.ExportSubjectPublicKeyInfo());
        text.Subject.ToString().Replace(",", ", ", StringComparison.Ordinal).ShouldBe(leaf.Subject);
        text.AllowsClientAuthentication.ShouldBeTrue();
        text.IsSignedBy(_authority.Issuer.Certificate).ShouldBeTrue();
        text.IsSignedBy(text).ShouldBeFalse();
        CertificateId.Of(der).ShouldBe(leaf.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());
    }

    [Fact]
    public void Our_reader_reads_certificates_of_other_makers()
    {
        var (exit, pem) = OpenSsl.Run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=elsewhere/O=Übel",
            "-utf8", "-days", "3", "-addext", "subjectAltName=DNS:a.example,IP:10.0.0.1", "-addext", "extendedKeyUsage=serverAuth");
        exit.ShouldBe(0);
        var text = CertificateText.Read(PemEncoding.Find(pem) is var found ? Convert.FromBase64String(pem[found.Base64Data]) : []);

        text.Subject.Find(Oids.Organization).ShouldBe("Übel");
        text.DnsNames.ShouldBe(["a.example"]);
        text.IpAddresses.Single().ToString().ShouldBe("10.0.0.1");
        text.AllowsClientAuthentication.ShouldBeFalse();
        text.IsAuthority.ShouldBeTrue();
        text.IsSignedBy(text).ShouldBeTrue();
    }

    /// <summary>Peers 3.2 case 3: names and constraints inside the CSR are not the profile's.</summary>
    [Fact]
    public void What_a_request_asks_for_changes_nothing_but_subject_and_key()
    {
        // CSR overrides server policy: GHSA-g892-p242-8g86. Same subject, same key: what is signed differs in serial number alone.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var plain = new CertificateRequest("CN=SN-1", key, HashAlgorithmName.SHA256);
        var greedy = new CertificateRequest("CN=SN-1", key, HashAlgorithmName.SHA256);
        greedy.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        greedy.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        greedy.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(Oids.ServerAuthentication), new(Oids.AnyExtendedKeyUsage)], true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("mqtt.fleet.example");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddUserPrincipalName("root@fleet.example");
        greedy.CertificateExtensions.Add(names.Build());
        greedy.OtherRequestAttributes.Add(new AsnEncodedData(new Oid("1.2.840.113549.1.9.7"), [0x13, 0x02, 0x68, 0x69]));

        WithoutSerial(_authority.Issue(greedy.CreateSigningRequestPem())).ShouldBe(WithoutSerial(_authority.Issue(plain.CreateSigningRequestPem())));
    }

    [Fact]
    public void A_leaf_leaves_room_in_the_reply_packet()
    {
        // The packet of CreateCertificateFromCsr has 2,048 bytes: topic, token (162), id (64) and JSON take under 400 of them.
        var subject = SubjectName.Of(new(Oids.Country, "DE"), new(Oids.Organization, new string('o', 64)), new(Oids.CommonName, new string('c', 64)));
        using var rsa = KeyPair.FromPem(Keys.Rsa2048.ExportRSAPrivateKeyPem());
        var pem = Pem.WriteCertificate(_authority.Issue(rsa.CreateSigningRequest(subject)));
        pem.Replace("\n", "\\n", StringComparison.Ordinal).Length.ShouldBeLessThan(1600);
        Pem.WriteCertificate(_authority.Issue(Csr.Ec())).Length.ShouldBeLessThan(760);
    }

    /// <summary>Peers 3.2 case 36: a device whose clock is slow takes its certificate all the same.</summary>
    [Fact]
    public void A_certificate_is_valid_since_an_hour_before_it_was_made()
    {
        using var older = new Authority(Authority.Noon.AddDays(-1));
        var profile = CertificateProfile.Client("device", Authority.TenYears, TimeSpan.FromHours(1));
        using var key = KeyPair.CreateEcdsaP256();

        older.Issuer.Prepare(profile, SubjectName.OfCommonName("x"), key.SubjectPublicKeyInfo, [], Authority.Noon).NotBefore.ShouldBe(Authority.Noon.AddHours(-1));
        _authority.Issuer.Prepare(profile, SubjectName.OfCommonName("x"), key.SubjectPublicKeyInfo, [], Authority.Noon).NotBefore
            .ShouldBe(CertificateText.Read(_authority.IssuingDer).NotBefore, "never before its issuer");
    }

    /// <summary>Peers 3.2 case 37.</summary>
    [Fact]
    public void A_certificate_never_outlives_its_issuer()
    {
        using var shortLived = new Authority(validity: TimeSpan.FromDays(30));
        CertificateText.Read(shortLived.Issue(Csr.Ec())).NotAfter.ShouldBe(shortLived.Issuer.Certificate.NotAfter);
    }

    [Fact]
    public void An_expired_issuer_signs_nothing()
    {
        using var key = KeyPair.CreateEcdsaP256();
        Should.Throw<LintException>(() => _authority.Issuer.Prepare(Authority.DeviceProfile, SubjectName.OfCommonName("x"),
            key.SubjectPublicKeyInfo, [], Authority.Noon + Authority.TenYears + TimeSpan.FromDays(1))).Lint.ShouldBe("ValidityIsOrdered");
    }

    [Fact]
    public void Years_from_2050_are_written_as_generalized_time()
    {
        using var late = new Authority(now: new(2049, 12, 31, 23, 0, 0, TimeSpan.Zero));
        var leaf = CertificateText.Read(late.IssuingDer);
        leaf.NotBefore.Year.ShouldBe(2049);
        leaf.NotAfter.Year.ShouldBe(2059);
        X509CertificateLoader.LoadCertificate(late.IssuingDer).NotAfter.ToUniversalTime().ShouldBe(leaf.NotAfter.UtcDateTime);
    }

    [Fact]
    public void A_server_certificate_names_its_hosts()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var der = _authority.Issuer.Sign(_authority.Issuer.Prepare(CertificateProfile.Server(TimeSpan.FromDays(90), TimeSpan.FromHours(1)),
            SubjectName.OfCommonName("localhost"), key.SubjectPublicKeyInfo, ["localhost", "127.0.0.1", "::1", "mqtt.example"], Authority.Noon));
        using var certificate = X509CertificateLoader.LoadCertificate(der);

        certificate.MatchesHostname("mqtt.example").ShouldBeTrue();
        certificate.MatchesHostname("127.0.0.1").ShouldBeTrue();
        certificate.MatchesHostname("::1").ShouldBeTrue();
        certificate.MatchesHostname("other.example").ShouldBeFalse();
        CertificateText.Read(der).AllowsClientAuthentication.ShouldBeFalse();
        Verify(_authority.File("server.pem", Pem.WriteCertificate(der)), "sslserver").ShouldBe(0);
    }

    [Fact]
    public void A_prepared_certificate_is_signed_once_and_by_its_issuer_only()
    {
        using var other = new Authority();
        using var key = KeyPair.CreateEcdsaP256();
        var prepared = _authority.Issuer.Prepare(Authority.DeviceProfile, SubjectName.OfCommonName("x"), key.SubjectPublicKeyInfo, [], Authority.Noon);

        Should.Throw<InvalidOperationException>(() => other.Issuer.Sign(prepared));
        _authority.Issuer.Sign(prepared);
        Should.Throw<InvalidOperationException>(() => _authority.Issuer.Sign(prepared));
    }

    [Fact]
    public void Resuming_signs_the_same_octets()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var prepared = _authority.Issuer.Prepare(Authority.DeviceProfile, SubjectName.OfCommonName("x"), key.SubjectPublicKeyInfo, [], Authority.Noon);
        CertificateText.Read(_authority.Issuer.Sign(_authority.Issuer.Resume(prepared.Tbs))).Tbs.ToArray().ShouldBe(prepared.Tbs);
    }

    /// <summary>Peers 3.2 case 6: our own reader meets the bytes first; what it refuses no other code of the process sees.</summary>
    [Fact]
    public void Hostile_certificates_are_refused_and_nothing_else_happens()
    {
        var random = new Random(42);
        var seed = _authority.Issue(Csr.Ec());
        for (var round = 0; round < 20_000; round++)
        {
            var octets = seed.AsSpan(0, round % 2 == 0 ? seed.Length : random.Next(seed.Length)).ToArray();
            for (var change = random.Next(1, 6); change > 0 && octets.Length > 0; change--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            try
            {
                CertificateText.Read(octets);
            }
            catch (PkiException)
            {
                // the only exception allowed
            }
        }
    }

    public void Dispose() => _authority.Dispose();

    int Verify(string leaf, string purpose) => OpenSsl.Run("verify", "-x509_strict", "-attime", $"{Authority.Noon.ToUnixTimeSeconds()}",
        "-purpose", purpose, "-CAfile", _authority.File("root.crt", Pem.WriteCertificate(_authority.RootDer)),
        "-untrusted", _authority.File("issuing.crt", Pem.WriteCertificate(_authority.IssuingDer)), leaf).ExitCode;

    static byte[] WithoutSerial(byte[] der)
    {
        var text = CertificateText.Read(der);
        var tbs = text.Tbs.ToArray();
        var at = tbs.AsSpan().IndexOf(text.SerialNumber.Span);
        tbs.AsSpan(at, text.SerialNumber.Length).Clear();
        return tbs;
    }
}
