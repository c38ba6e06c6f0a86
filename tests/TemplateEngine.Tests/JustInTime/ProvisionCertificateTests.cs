using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Pki;

namespace FleetPlatform.TemplateEngine.Tests.JustInTime;

public class ProvisionCertificateTests(Stack stack)
{
    /// <summary>As AWS's documentation has it (DG:jit-provisioning), with every value a subject gives.</summary>
    const string Body = """
        {
          "Parameters": {
            "AWS::IoT::Certificate::CommonName": {"Type": "String"}, "AWS::IoT::Certificate::SerialNumber": {"Type": "String"},
            "AWS::IoT::Certificate::Country": {"Type": "String"}, "AWS::IoT::Certificate::Id": {"Type": "String"}
          },
          "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {
              "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"},
              "AttributePayload": {"serial": {"Ref": "AWS::IoT::Certificate::SerialNumber"}, "country": {"Ref": "AWS::IoT::Certificate::Country"}}}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument":
              {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": {"Fn::Sub": "arn:aws:iot:us-east-1:123456789012:client/${AWS::IoT::Certificate::CommonName}"}}]}}}
          }
        }
        """;

    [Fact]
    public async Task The_subject_gives_the_parameters()
    {
        var asked = Ask("C=DE, CN=SN-1, SERIALNUMBER=0042") with { TemplateName = await stack.Template(Body, type: "JITP") };

        var answer = await Provision(asked);

        answer.Refused.ShouldBeNull();
        answer.ThingName.ShouldBe("SN-1");
        answer.Grant!.Things.Single().Attributes.ShouldBe(new Dictionary<string, string> { ["serial"] = "0042", ["country"] = "DE" });
        (await stack.Recorded(asked.Flow.FlowId)).ShouldBe(["provisioning.parameters-resolved.v1", "provisioning.completed.v1"]);
    }

    [Fact]
    public async Task The_authority_may_carry_the_template_itself()
    {
        var asked = Ask("C=DE, CN=SN-2, SERIALNUMBER=1") with { TemplateBody = Body };
        (await Provision(asked)).ThingName.ShouldBe("SN-2");
        (await Provision(asked with { Flow = asked.Flow with { FlowId = Guid.CreateVersion7().ToString("N") } })).ThingName.ShouldBe("SN-2");
    }

    [Fact]
    public async Task What_the_subject_lacks_fails_the_provisioning_and_is_on_record()
    {
        var asked = Ask("CN=SN-3") with { TemplateBody = Body };
        var answer = await Provision(asked);
        answer.Refused!.Code.ShouldBe("unresolved-reference");
        answer.Refused.Detail.ShouldContain("AWS::IoT::Certificate::");
        (await stack.Recorded(asked.Flow.FlowId)).ShouldBe(["provisioning.refused.v1"]);
    }

    [Theory] // peers 3.2 cases 1 and 2
    [InlineData("CN=*"), InlineData("CN=a/#"), InlineData("CN=a+b"), InlineData("CN=${iot:ClientId}")]
    public async Task A_subject_never_widens_a_policy(string subject)
    {
        var answer = await Provision(Ask($"C=DE, SERIALNUMBER=1, {subject.Replace("+", "\\+", StringComparison.Ordinal)}") with { TemplateBody = Body });
        answer.Refused!.Code.ShouldBe("unsafe-name");
    }

    [Fact]
    public async Task Only_templates_of_its_type_that_are_enabled_are_used()
    {
        (await Provision(Ask("CN=x") with { TemplateName = await stack.Template() })).Refused!.Code.ShouldBe("template-not-found");
        (await Provision(Ask("CN=x") with { TemplateName = "nobody" })).Refused!.Code.ShouldBe("template-not-found");
        (await Provision(Ask("CN=x") with { TemplateName = await stack.Template(Body, enabled: false, type: "JITP") })).Refused!.Code.ShouldBe("template-disabled");
    }

    Task<ProvisionThingAnswer> Provision(ProvisionCertificate asked) => stack.Provision(asked);

    static ProvisionCertificate Ask(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new()
        {
            Flow = new()
            {
                FlowId = Guid.CreateVersion7().ToString("N"), SessionId = Guid.CreateVersion7().ToString("N"), PrincipalId = CertificateId.Of(certificate.RawData),
                ClientId = "client",
            },
            Certificate = certificate.RawData,
            CaCertificateId = new('a', 64),
        };
    }
}
