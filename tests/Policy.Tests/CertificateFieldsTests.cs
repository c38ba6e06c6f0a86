using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using static FleetPlatform.Policy.PolicyDecision;

namespace FleetPlatform.Policy.Tests;

public sealed class CertificateFieldsTests
{
    static readonly byte[] Certificate = Make();

    [Theory] // aws-protocol 8.4
    [InlineData("${iot:Certificate.Subject.CommonName}", "SN-1", true)]
    [InlineData("${iot:Certificate.Subject.Country}", "DE", true)]
    [InlineData("${iot:Certificate.Subject.Country.1}", "FR", true)]
    [InlineData("${iot:Certificate.Subject.Country.0}", "DE", true)]
    [InlineData("${iot:Certificate.Subject.Country.2}", "${iot:Certificate.Subject.Country.2}", false)]
    [InlineData("${iot:Certificate.Subject.Country.List}", "DE", false)]
    [InlineData("${iot:Certificate.Subject.Organization}", "a*b", false)]
    [InlineData("${iot:Certificate.Subject.SerialNumber}", "0042", true)]
    [InlineData("${iot:Certificate.Issuer.CommonName}", "SN-1", true)]
    [InlineData("${iot:Certificate.SerialNumber}", "abcdef", true)]
    [InlineData("${iot:Certificate.Subject.AlternativeName.DNSName}", "device.example", true)]
    [InlineData("${iot:Certificate.Subject.AlternativeName.IPAddress}", "192.0.2.1", true)]
    [InlineData("${iot:Certificate.Subject.Title}", "", false)]
    [InlineData("${iot:Certificate.Subject.Nonsense}", "", false)]
    public void A_field_stands_for_its_value(string pattern, string topic, bool allowed) =>
        Ask.Policies(Ask.Statement("Allow", "iot:Publish", Ask.Arn + "topic/" + pattern)).Publish(topic, With(Certificate)).ShouldBe(allowed ? Allowed : ImplicitDeny);

    [Theory]
    [InlineData("""{"ForAllValues:StringEquals":{"iot:Certificate.Subject.Country.List":["DE","FR","IT"]}}""", true)]
    [InlineData("""{"ForAllValues:StringEquals":{"iot:Certificate.Subject.Country.List":["DE"]}}""", false)]
    [InlineData("""{"ForAnyValue:StringEquals":{"iot:Certificate.Subject.Country.List":["FR"]}}""", true)]
    [InlineData("""{"ForAnyValue:StringEquals":{"iot:Certificate.AvailableKeys":["iot:Certificate.Subject.CommonName"]}}""", true)]
    [InlineData("""{"StringEquals":{"iot:Certificate.Subject.Organization":"a*b"}}""", true)]
    public void A_field_can_be_a_condition(string condition, bool holds) =>
        Ask.Policies(Ask.Statement("Allow", "iot:Publish", "*", condition)).Publish("t", With(Certificate)).ShouldBe(holds ? Allowed : ImplicitDeny);

    [Fact]
    public void A_certificate_that_does_not_parse_has_no_fields()
    {
        var random = new Random(8);
        var policies = Ask.Policies(Ask.Statement("Allow", "iot:Publish", Ask.Arn + "topic/own/${iot:Certificate.Subject.CommonName}"));
        for (var round = 0; round < 5000; round++)
        {
            var damaged = Certificate.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            policies.Publish("own/else", With(damaged[..random.Next(damaged.Length + 1)])).ShouldBe(ImplicitDeny);
        }
    }

    static PolicyContext With(byte[] certificate) => new() { Region = "us-east-1", AccountId = "123456789012", ClientId = "c", Certificate = certificate };

    static byte[] Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName("SN-1");
        name.AddCountryOrRegion("FR"); // the builder writes the last one first
        name.AddCountryOrRegion("DE");
        name.AddOrganizationName("a*b");
        name.Add(new Oid("2.5.4.5"), "0042");
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("device.example");
        names.AddIpAddress(IPAddress.Parse("192.0.2.1"));
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.Create(
            name.Build(), X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90), [0x00, 0xab, 0xcd, 0xef]);
        return made.RawData;
    }
}
