using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;

namespace FleetPlatform.TemplateEngine.Tests.Registrations;

public sealed class RegisterThingTests(Stack stack)
{
    const string Csr = """
        {"Parameters": {"ThingName": {"Type": "String"}, "CSR": {"Type": "String"}},
         "Resources": {
           "box": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
           "papers": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}},
           "rights": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "sensors"}}}}
        """;

    static readonly string ByPem = Csr.Replace("CertificateSigningRequest", "CertificatePem", StringComparison.Ordinal);

    [Fact]
    public async Task A_body_registers_a_device_for_its_csr_and_says_what_each_resource_became()
    {
        var asked = Ask(Csr, ("ThingName", "R-1"), ("CSR", "a request"));

        var answer = await stack.Register(asked);

        answer.Refused.ShouldBeNull();
        answer.ThingName.ShouldBe("R-1");
        answer.CertificateId.ShouldBe(CertificateId.Of(Pem.ReadCertificate(answer.CertificatePem)));
        answer.Resources!.Select(resource => (resource.LogicalName, resource.Kind, resource.Name)).ShouldBe(
            [("box", ResourceKind.Thing, "R-1"), ("papers", ResourceKind.Certificate, answer.CertificateId!), ("rights", ResourceKind.Policy, "sensors")]);
        (await stack.Recorded(asked.Flow.FlowId)).ShouldBe(["provisioning.parameters-resolved.v1", "provisioning.completed.v1"]);
    }

    [Fact]
    public async Task Asking_again_gives_the_same_certificate_and_records_nothing_more()
    {
        var asked = Ask(Csr, ("ThingName", "R-2"), ("CSR", "-----BEGIN CERTIFICATE REQUEST-----\n"));
        var first = await stack.Register(asked);
        var otherCsr = "-----BEGIN CERTIFICATE REQUEST-----\nanother signature of the same key\n";

        (await stack.Register(asked)).CertificateId.ShouldBe(first.CertificateId);
        (await stack.Register(asked with { Parameters = Parameters(("ThingName", "R-2"), ("CSR", otherCsr)) })).CertificateId.ShouldBe(first.CertificateId);

        (await stack.Recorded(asked.Flow.FlowId)).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_line_that_was_refused_may_come_again_corrected()
    {
        var asked = Ask(Csr, ("ThingName", "a/b"), ("CSR", "a request"));
        (await stack.Register(asked)).Refused!.Code.ShouldBe("unsafe-name");

        (await stack.Register(asked with { Parameters = Parameters(("ThingName", "R-3"), ("CSR", "a request")) })).ThingName.ShouldBe("R-3");

        (await stack.Recorded(asked.Flow.FlowId)).ShouldBe(["provisioning.refused.v1", "provisioning.parameters-resolved.v1", "provisioning.completed.v1"]);
    }

    [Fact]
    public async Task A_named_template_renders_with_the_certificate_that_the_csr_gets()
    {
        var asked = Ask(null, ("SerialNumber", "7")) with { TemplateName = await stack.Template(), CertificateSigningRequest = "a request" };

        var answer = await stack.Register(asked);

        (answer.ThingName, answer.DeviceConfiguration!["Location"]).ShouldBe(("sensor-7", "nowhere"));
        (await stack.Register(asked with { CertificateSigningRequest = null })).Refused!.Code.ShouldBe("invalid-request");
    }

    [Fact]
    public async Task Nothing_is_signed_for_what_cannot_be_rendered()
    {
        var asked = Ask(null) with { TemplateName = await stack.Template(), CertificateSigningRequest = "broken" };
        (await stack.Register(asked)).Refused!.Code.ShouldBe("unresolved-reference");
        (await stack.Register(Ask(Csr, ("ThingName", "R-4"), ("CSR", "broken")))).Refused!.Code.ShouldBe("invalid-csr");
    }

    [Fact]
    public async Task A_template_with_a_hook_is_for_devices()
    {
        var asked = Ask(null, ("SerialNumber", "8")) with { TemplateName = await stack.Template(hook: "https://hook.example/"), CertificateSigningRequest = "a request" };
        (await stack.Register(asked)).Refused!.Detail.ShouldContain("hook");
    }

    [Fact]
    public async Task A_certificate_from_elsewhere_is_admitted_under_its_authority_or_on_the_operators_word()
    {
        var (own, foreign) = (IssueStandInConsumer.ACertificate(), IssueStandInConsumer.ACertificate());

        var byBody = await stack.Register(Ask(ByPem, ("ThingName", "R-5"), ("CSR", own)));
        var byName = await stack.Register(Ask(null, ("SerialNumber", "9")) with { TemplateName = await stack.Template(), CertificatePem = foreign });

        AdmitStandInConsumer.Admitted[byBody.CertificateId!].CaCertificateId.ShouldBe(new('a', 64));
        var admitted = AdmitStandInConsumer.Admitted[byName.CertificateId!];
        (admitted.CaCertificateId, admitted.Mode, admitted.RequestedBy).ShouldBe((null, CertificateMode.SniOnly, "OPERATOR"));
        (await stack.Register(Ask(ByPem, ("ThingName", "R-6"), ("CSR", "no certificate")))).Refused!.Code.ShouldBe("certificate-invalid");
        (await stack.Register(Ask(ByPem, ("ThingName", own), ("CSR", own)))).Refused!.Code.ShouldBe("unsafe-name");
    }

    /// <summary>A list of a vendor says which certificate a device has; nothing else may come in under its id.</summary>
    [Fact]
    public async Task A_body_that_names_a_certificate_by_its_id_admits_the_one_that_is_given_with_it()
    {
        var byId = Csr.Replace("CertificateSigningRequest", "CertificateId", StringComparison.Ordinal);
        var (pem, other) = (IssueStandInConsumer.ACertificate(), IssueStandInConsumer.ACertificate());
        var id = CertificateId.Of(Pem.ReadCertificate(pem));
        var asked = Ask(byId, ("ThingName", "R-8"), ("CSR", id)) with { CertificatePem = pem };

        (await stack.Register(asked with { CertificatePem = other })).Refused!.Code.ShouldBe("certificate-invalid");
        (await stack.Register(asked)).CertificateId.ShouldBe(id);
        AdmitStandInConsumer.Admitted[id].CaCertificateId.ShouldBeNull();

        var signed = IssueStandInConsumer.ACertificate();
        var required = Ask(byId, ("ThingName", "R-9"), ("CSR", CertificateId.Of(Pem.ReadCertificate(signed)))) with { CertificatePem = signed, RequireAuthority = true };
        AdmitStandInConsumer.Admitted[(await stack.Register(required)).CertificateId!].CaCertificateId.ShouldBe(new('a', 64));
    }

    [Fact]
    public async Task A_body_that_names_no_certificate_registers_nothing()
    {
        var body = """{"Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": "R-7"}}}}""";
        (await stack.Register(Ask(body))).Refused!.Code.ShouldBe("invalid-request");
        (await stack.Register(Ask("{"))).Refused!.Code.ShouldBe("invalid-request");
    }

    static RegisterThing Ask(string? body, params (string Name, string Value)[] parameters) => new()
    {
        Flow = new() { FlowId = Guid.CreateVersion7().ToString("N"), SessionId = Guid.CreateVersion7().ToString("N"), PrincipalId = "OPERATOR", ClientId = "control-plane" },
        TemplateBody = body,
        Parameters = Parameters(parameters),
    };

    static Dictionary<string, string> Parameters(params (string Name, string Value)[] parameters) => parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
}
