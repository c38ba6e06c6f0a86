using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki.Tests.Revocation;

/// <summary>OCSP as openssl asks and understands it (peers 3.2 case 35).</summary>
public sealed class OcspTests : IDisposable
{
    readonly Authority _authority = new(DateTimeOffset.UtcNow.AddDays(-1));
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Theory]
    [InlineData(OcspStatus.Good, "good")]
    [InlineData(OcspStatus.Revoked, "revoked")]
    [InlineData(OcspStatus.Unknown, "unknown")]
    public void Openssl_takes_the_answer_of_a_delegated_responder_with_its_nonce(OcspStatus status, string expected)
    {
        var leaf = _authority.File("leaf.crt", Pem.WriteCertificate(Issue(Authority.DeviceProfile)));
        var issuing = _authority.File("issuing.crt", Pem.WriteCertificate(_authority.IssuingDer));
        var ask = _authority.File("request.der", "");
        OpenSsl.Run("ocsp", "-sha256", "-issuer", issuing, "-cert", leaf, "-reqout", ask).ExitCode.ShouldBe(0);

        var request = OcspRequest.TryRead(File.ReadAllBytes(ask)).ShouldNotBeNull();
        request.Nonce.ShouldNotBeNull();
        var now = DateTimeOffset.UtcNow;
        var response = OcspResponse.Write(
            [new(request.Certificates.Single(), status, now.AddMinutes(-5), Reason: 1)], now, now.AddHours(1), request.Nonce, _key, Issue(CertificateProfile.Responder(TimeSpan.FromDays(7), TimeSpan.FromHours(1)), _key));

        var answer = _authority.File("response.der", "");
        File.WriteAllBytes(answer, response);
        var (_, output) = OpenSsl.Run("ocsp", "-sha256", "-no_nonce", "-respin", answer, "-reqin", ask, "-issuer", issuing, "-cert", leaf, "-CAfile", _authority.File("chain.crt", Pem.WriteCertificate(_authority.IssuingDer) + Pem.WriteCertificate(_authority.RootDer)));
        output.ShouldContain("Response verify OK", customMessage: output);
        output.ShouldContain($"leaf.crt: {expected}");
        output.ShouldNotContain("WARNING: no nonce");
        if (status == OcspStatus.Revoked) output.ShouldContain("keyCompromise");
    }

    /// <summary>As RFC 5019 clients ask: what answers them is signed once and served to all.</summary>
    [Fact]
    public void A_request_without_a_nonce_is_answered_without_one()
    {
        var leaf = _authority.File("leaf.crt", Pem.WriteCertificate(Issue(Authority.DeviceProfile)));
        var issuing = _authority.File("issuing.crt", Pem.WriteCertificate(_authority.IssuingDer));
        var ask = _authority.File("request.der", "");
        OpenSsl.Run("ocsp", "-no_nonce", "-issuer", issuing, "-cert", leaf, "-reqout", ask).ExitCode.ShouldBe(0);

        var request = OcspRequest.TryRead(File.ReadAllBytes(ask)).ShouldNotBeNull();
        request.Nonce.HasValue.ShouldBeFalse();
        var now = DateTimeOffset.UtcNow;
        var answer = _authority.File("response.der", "");
        File.WriteAllBytes(answer, OcspResponse.Write(
            [new(request.Certificates.Single(), OcspStatus.Good)], now, now.AddHours(1), request.Nonce, _key, Issue(CertificateProfile.Responder(TimeSpan.FromDays(7), TimeSpan.FromHours(1)), _key)));
        OpenSsl.Run("ocsp", "-no_nonce", "-respin", answer, "-issuer", issuing, "-cert", leaf, "-CAfile", _authority.File("chain.crt", Pem.WriteCertificate(_authority.IssuingDer) + Pem.WriteCertificate(_authority.RootDer)))
            .Output.ShouldContain("leaf.crt: good");
    }

    [Fact]
    public void A_request_names_its_issuer_by_hashes_we_can_make()
    {
        var issuing = _authority.File("issuing.crt", Pem.WriteCertificate(_authority.IssuingDer));
        var ask = _authority.File("request.der", "");
        var leaf = Issue(Authority.DeviceProfile);
        OpenSsl.Run("ocsp", "-no_nonce", "-issuer", issuing, "-cert", _authority.File("leaf.crt", Pem.WriteCertificate(leaf)), "-reqout", ask);
        var id = OcspRequest.TryRead(File.ReadAllBytes(ask))!.Certificates.Single();
        var issuer = _authority.Issuer.Certificate;

        id.HashAlgorithm.ShouldBe(Oids.Sha1);
        id.IssuerNameHash.ToArray().ShouldBe(OcspResponse.NameHash(issuer.Subject, id.HashAlgorithm));
        id.IssuerKeyHash.ToArray().ShouldBe(OcspResponse.KeyHash(issuer.SubjectPublicKeyInfo.Span, id.HashAlgorithm));
        id.SerialNumber.ToArray().ShouldBe(CertificateText.Read(leaf).SerialNumber.ToArray());
    }

    [Fact]
    public void What_is_no_request_is_not_read_and_never_throws()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            if (octets.Length > 1) (octets[0], octets[1]) = (0x30, (byte)(octets.Length - 2));
            OcspRequest.TryRead(octets);
        }

        OcspRequest.TryRead(default).ShouldBeNull();
        OcspRequest.TryRead(new byte[OcspRequest.MaximumOctets + 1]).ShouldBeNull();
    }

    byte[] Issue(CertificateProfile profile, ECDsa? key = null)
    {
        var request = SigningRequest.Read(key is null ? Csr.Ec() : new CertificateRequest("CN=OCSP", key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n");
        return _authority.Issuer.Sign(_authority.Issuer.Prepare(profile, request.Subject, request.SubjectPublicKeyInfo, [], DateTimeOffset.UtcNow));
    }

    public void Dispose()
    {
        _key.Dispose();
        _authority.Dispose();
    }
}
