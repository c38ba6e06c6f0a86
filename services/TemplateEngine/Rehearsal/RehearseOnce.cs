using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>Rehearses a template of the common kind at start: rendered here, planned by the registry.</summary>
sealed class RehearseOnce(RehearseTemplate rehearse) : IWarmUp
{
    const string Body = """
        {
          "Parameters": { "SerialNumber": { "Type": "String" }, "AWS::IoT::Certificate::Id": { "Type": "String" } },
          "Resources": {
            "thing": { "Type": "AWS::IoT::Thing", "Properties": { "ThingName": { "Fn::Join": ["", ["warm-", { "Ref": "SerialNumber" }]] }, "AttributePayload": { "serial": { "Ref": "SerialNumber" } } } },
            "certificate": { "Type": "AWS::IoT::Certificate", "Properties": { "CertificateId": { "Ref": "AWS::IoT::Certificate::Id" }, "Status": "Active" } },
            "policy": { "Type": "AWS::IoT::Policy", "Properties": { "PolicyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[]}" } }
          }
        }
        """;

    public Task WarmUp(CancellationToken cancellation) =>
        rehearse.Handle(new() { TemplateBody = Body, Parameters = new Dictionary<string, string> { ["SerialNumber"] = "up" }, Questions = [] }, cancellation);
}
