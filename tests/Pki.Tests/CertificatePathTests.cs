using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki.Tests;

/// <summary>Ways from certificates to authorities. All certificates come from the framework; its own verdict is the second opinion.</summary>
public sealed class CertificatePathTests
{
    static readonly DateTimeOffset Now = Authority.Noon;

    [Fact]
    public void A_certificate_of_a_trusted_authority_is_accepted() => Search(Ca.Root().Signs(), [], Ca.Last).ShouldBeNull();

    [Theory]
    [InlineData("SHA256"), InlineData("SHA384"), InlineData("SHA512")]
    public void Rsa_authorities_sign_both_ways(string hash)
    {
        foreach (var padding in new[] { RSASignaturePadding.Pkcs1, RSASignaturePadding.Pss })
            Search(Ca.Root(X509SignatureGenerator.CreateForRSA(Keys.Rsa2048, padding), new HashAlgorithmName(hash)).Signs(), [], Ca.Last).ShouldBeNull();
    }

    [Theory]
    [InlineData("SHA384"), InlineData("SHA512")]
    public void Ec_authorities_sign_with_longer_hashes(string hash)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Search(Ca.Root(X509SignatureGenerator.CreateForECDsa(key), new HashAlgorithmName(hash)).Signs(), [], Ca.Last).ShouldBeNull();
    }

    [Fact]
    public void Intermediates_may_come_in_any_order()
    {
        var root = Ca.Root();
        var first = root.Below("first");
        var second = first.Below("second");
        var leaf = second.Signs();

        Search(leaf, [first.Text, second.Text], root).ShouldBeNull();
        Search(leaf, [second.Text, first.Text], root).ShouldBeNull();
        Search(leaf, [second.Text], first).ShouldBeNull();
        Search(leaf, [first.Text], root).ShouldNotBeNull();
        Search(leaf, [], root).ShouldNotBeNull();
    }

    [Fact]
    public void A_chain_of_more_intermediates_than_allowed_is_refused()
    {
        var root = Ca.Root();
        var chain = new List<Ca> { root };
        for (var i = 0; i <= CertificatePath.MaximumIntermediates; i++) chain.Add(chain[^1].Below($"ca {i}"));
        Search(chain[^1].Signs(), [.. chain.Skip(1).Select(ca => ca.Text)], root)!.ShouldContain("longer than");
    }

    [Fact]
    public void The_path_length_of_every_authority_holds()
    {
        var root = Ca.Root(pathLength: 0);
        var below = root.Below("one too many");
        Search(root.Signs(), [], root).ShouldBeNull();
        Search(below.Signs(), [below.Text], root)!.ShouldContain("path length");
    }

    [Fact] // peers 3.2 case 8
    public void A_device_never_signs_for_another()
    {
        var root = Ca.Root();
        var device = root.Below("device", isAuthority: false);
        Search(device.Signs(), [device.Text], root).ShouldNotBeNull();
        var encipherer = root.Below("no signer", usage: X509KeyUsageFlags.KeyEncipherment);
        Search(encipherer.Signs(), [encipherer.Text], root)!.ShouldContain("keyCertSign");
    }

    [Fact]
    public void Nobody_is_trusted_outside_the_dates()
    {
        var old = Ca.Root(until: Now.AddDays(-1));
        Search(old.Signs(), [], old)!.ShouldContain("not valid now");
        var root = Ca.Root();
        var expired = root.Below("expired", until: Now.AddDays(-1));
        Search(expired.Signs(), [expired.Text], root)!.ShouldContain("not valid now");
    }

    [Fact] // peers 3.2 case 7
    public void A_malformed_signature_is_a_wrong_one()
    {
        var root = Ca.Root();
        var der = root.SignsDer();
        for (var at = der.Length - 70; at < der.Length; at += 3)
        {
            var broken = (byte[])der.Clone();
            broken[at] ^= 0x55;
            try
            {
                Search(CertificateText.Read(broken), [], root).ShouldNotBeNull();
            }
            catch (PkiException)
            {
                // not even a certificate
            }
        }
    }

    [Fact]
    public void A_name_is_not_enough()
    {
        var (real, impostor) = (Ca.Root(), Ca.Root());
        Search(impostor.Signs(), [], real).ShouldNotBeNull();
        Search(impostor.Signs(), [impostor.Text], real).ShouldNotBeNull();
    }

    [Fact]
    public void What_is_critical_and_unknown_is_refused()
    {
        var root = Ca.Root();
        var leaf = root.Signs(new X509Extension("1.2.3.4", [0x05, 0x00], critical: true));
        Search(leaf, [], root)!.ShouldContain("1.2.3.4");
        Search(root.Signs(new X509Extension("1.2.3.4", [0x05, 0x00], critical: false)), [], root).ShouldBeNull();
    }

    [Theory]
    [InlineData("sensor.plant.example", null, true), InlineData("plant.example", null, true), InlineData("otherplant.example", null, false)]
    [InlineData("evil.example", null, false), InlineData(null, "10.1.2.3", true), InlineData(null, "10.2.0.1", false)]
    public void Name_constraints_hold_for_everything_below(string? dns, string? address, bool allowed)
    {
        var constraints = NameConstraints.Permit(["plant.example"], [IPNetwork.Parse("10.1.0.0/16")]);
        var root = Ca.Root(constraints: constraints);
        var names = new SubjectAlternativeNameBuilder();
        if (dns is not null) names.AddDnsName(dns);
        if (address is not null) names.AddIpAddress(IPAddress.Parse(address));
        var leaf = root.Signs(names.Build());

        (Search(leaf, [], root) is null).ShouldBe(allowed);
        var below = root.Below("below");
        (Search(below.Signs(names.Build()), [below.Text], root) is null).ShouldBe(allowed);
    }

    [Fact]
    public void A_directory_constraint_is_a_beginning_of_the_subject()
    {
        var root = Ca.Root(constraints: NameConstraints.Permit(directoryNames: [SubjectName.Of(new SubjectAttribute(Oids.Organization, "Plant"))]));
        Search(root.Signs(subject: "CN=sensor, O=Plant"), [], root).ShouldBeNull();
        Search(root.Signs(subject: "CN=sensor, O=Plants"), [], root)!.ShouldContain("subject");
        Search(root.Signs(subject: "O=Plant, CN=sensor"), [], root).ShouldNotBeNull();
    }

    [Fact]
    public void Name_constraints_are_read_by_openssl_as_they_were_meant()
    {
        var root = Ca.Root(constraints: NameConstraints.Permit(["plant.example"], [IPNetwork.Parse("10.1.0.0/16")]));
        var path = Path.GetTempFileName();
        File.WriteAllText(path, Pem.WriteCertificate(root.Der));
        var text = OpenSsl.Run("x509", "-in", path, "-noout", "-text").Output;
        File.Delete(path);
        text.ShouldContain("DNS:plant.example");
        text.ShouldContain("IP:10.1.0.0/255.255.0.0");
    }

    static string? Search(CertificateText leaf, IReadOnlyList<CertificateText> presented, Ca trusted)
    {
        var anchor = TrustAnchor.Read(trusted.Der);
        using var key = anchor.Key;
        var fault = CertificatePath.Find(leaf, presented,
            subject => subject.ToString() == anchor.Certificate.Subject.ToString() ? [anchor] : [], Now, out var found);
        (fault is null).ShouldBe(found == anchor);
        return fault;
    }

    /// <summary>An authority with its key.</summary>
    sealed class Ca
    {
        readonly X509SignatureGenerator _signer;
        readonly HashAlgorithmName _hash;
        readonly X500DistinguishedName _name;

        Ca(X509SignatureGenerator signer, HashAlgorithmName hash, X500DistinguishedName name, byte[] der) =>
            (_signer, _hash, _name, Der, Text) = (signer, hash, name, der, CertificateText.Read(der));

        public byte[] Der { get; }

        public CertificateText Text { get; }

        public static Ca Last { get; private set; } = null!;

        public static Ca Root(X509SignatureGenerator? signer = null, HashAlgorithmName? hash = null, int? pathLength = null, DateTimeOffset? until = null,
            NameConstraints? constraints = null) => Last = Make(new("CN=Own root"), signer ?? NewKey(), hash ?? HashAlgorithmName.SHA256, null,
                isAuthority: true, pathLength, X509KeyUsageFlags.KeyCertSign, until ?? Now.AddYears(1), constraints);

        public Ca Below(string name, bool isAuthority = true, X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign, DateTimeOffset? until = null) =>
            Make(new($"CN={name}"), NewKey(), HashAlgorithmName.SHA256, this, isAuthority, null, usage, until ?? Now.AddYears(1), null);

        public CertificateText Signs(X509Extension? extension = null, string subject = "CN=device") => CertificateText.Read(SignsDer(extension, subject));

        public byte[] SignsDer(X509Extension? extension = null, string subject = "CN=device")
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest(new X500DistinguishedName(subject), key, _hash);
            if (extension is not null) request.CertificateExtensions.Add(extension);
            using var signed = request.Create(_name, _signer, Now.AddDays(-1), Now.AddDays(30), RandomNumberGenerator.GetBytes(16));
            return signed.RawData;
        }

        static X509SignatureGenerator NewKey() => X509SignatureGenerator.CreateForECDsa(ECDsa.Create(ECCurve.NamedCurves.nistP256));

        static Ca Make(X500DistinguishedName name, X509SignatureGenerator key, HashAlgorithmName hash, Ca? issuer, bool isAuthority, int? pathLength,
            X509KeyUsageFlags usage, DateTimeOffset until, NameConstraints? constraints)
        {
            var request = new CertificateRequest(name, key.PublicKey, issuer?._hash ?? hash);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, pathLength is not null, pathLength ?? 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
            if (constraints is not null)
            {
                var writer = new AsnWriter(AsnEncodingRules.DER);
                constraints.Write(writer);
                request.CertificateExtensions.Add(new X509Extension(Oids.NameConstraints, writer.Encode(), critical: true));
            }

            using var signed = request.Create(issuer?._name ?? name, issuer?._signer ?? key, Now.AddYears(-1), until, RandomNumberGenerator.GetBytes(16));
            return new(key, hash, name, signed.RawData);
        }
    }
}
