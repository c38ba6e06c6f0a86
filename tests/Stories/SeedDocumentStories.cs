using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;

namespace FleetPlatform.Stories;

/// <summary>JSON as tutorials for AWS IoT print it, but for account and region.</summary>
public sealed class SeedDocumentStories(Platform platform)
{
    // "Policy for claim certificate", as printed.
    const string ClaimPolicy = """
        {
          "Version": "2012-10-17",
          "Statement": [
            { "Effect": "Allow", "Action": [ "iot:Connect" ], "Resource": [ "*" ] },
            {
              "Effect": "Allow",
              "Action": [ "iot:Publish", "iot:Receive" ],
              "Resource": [
                "arn:aws:iot:<aws-region>:<aws-account-id>:topic/$aws/certificates/create/*",
                "arn:aws:iot:<aws-region>:<aws-account-id>:topic/$aws/provisioning-templates/<templateName>/provision/*"
              ]
            },
            {
              "Effect": "Allow",
              "Action": "iot:Subscribe",
              "Resource": [
                "arn:aws:iot:<aws-region>:<aws-account-id>:topicfilter/$aws/certificates/create/*",
                "arn:aws:iot:<aws-region>:<aws-account-id>:topicfilter/$aws/provisioning-templates/<templateName>/provision/*"
              ]
            }
          ]
        }
        """;

    // "Policy for the fleet", as printed.
    const string FleetPolicy = """
        {
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:<aws-region>:<aws-account-id>:*" },
            { "Effect": "Allow", "Action": "iot:Publish", "Resource": "arn:aws:iot:<aws-region>:<aws-account-id>:*" },
            { "Effect": "Allow", "Action": "iot:Subscribe", "Resource": "arn:aws:iot:<aws-region>:<aws-account-id>:*" },
            { "Effect": "Allow", "Action": "iot:Receive", "Resource": "arn:aws:iot:<aws-region>:<aws-account-id>:*" }
        ]
        }
        """;

    // "Claim Certificate Restrictions", as printed: its iot:Connect names topics, and a client is no topic.
    const string TopicOnlyClaimPolicy = """
        {
          "Version": "2012-10-17",
          "Statement": [{
         "Effect": "Allow",
         "Action": [
           "iot:Connect",
           "iot:Subscribe",
           "iot:Publish"
         ],
         "Resource": [
           "arn:aws:iot:*:*:topic/$aws/certificates/*",
           "arn:aws:iot:*:*:topic/$aws/provisioning-templates/*"
         ]
          }]
        }
        """;

    // The thing as it is to be registered, as printed but for the principal, which is the device's own.
    const string Registration = """
        {
          "thingName": "ESP32-LivingRoom-001",
          "thingTypeName": "SmartLock",
          "attributes": {
            "DeviceSerialNumber": "SL001234567",
            "ManufacturingDate": "2025-01-01",
            "ClaimCertificateSerial": "1111111111111111"
          }
        }
        """;

    // What the console makes of the tutorial's choices: a prefix, a group, an existing policy; and of the registration above.
    const string LockTemplate = """
        {
          "Parameters": {
            "SerialNumber": {"Type": "String"}, "Room": {"Type": "String"}, "Made": {"Type": "String"}, "Claim": {"Type": "String"},
            "AWS::IoT::Certificate::Id": {"Type": "String"}
          },
          "Resources": {
            "policy_esp32_fleet_policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "seed_fleet_policy"}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
            "thing": {
              "Type": "AWS::IoT::Thing",
              "OverrideSettings": {"AttributePayload": "MERGE", "ThingGroups": "DO_NOTHING", "ThingTypeName": "REPLACE"},
              "Properties": {
                "ThingName": {"Fn::Join": ["-", ["ESP32", {"Ref": "Room"}, "001"]]},
                "ThingTypeName": "SmartLock", "ThingGroups": ["seed_group"],
                "AttributePayload": {"DeviceSerialNumber": {"Ref": "SerialNumber"}, "ManufacturingDate": {"Ref": "Made"}, "ClaimCertificateSerial": {"Ref": "Claim"}}
              }
            }
          }
        }
        """;

    [Fact]
    public async Task The_tutorials_claim_policy_fleet_policy_template_and_registration_work_as_printed()
    {
        await platform.Operator.CreatePolicy("seed_fleet_policy", Here(FleetPolicy), default);
        await platform.Operator.CreateThingGroup("seed_group", default);
        await platform.Operator.Send(HttpMethod.Post, "/thing-types/SmartLock", [], default);
        await platform.Operator.CreateTemplate("seed_lock_template", LockTemplate, default);
        var claim = await Claim("seed_claim_policy", Here(ClaimPolicy).Replace("<templateName>", "seed_lock_template", StringComparison.Ordinal));

        using var claimKey = KeyPair.FromPem(claim.PrivateKeyPem);
        await using var exchange = new Exchange(await platform.Connects(claimKey.ToX509(claim.CertificatePem), "any-client", ProtocolVersion.V311));
        var created = (await exchange.Ask(Exchange.CreateKeys, "")).Body;
        var registered = await exchange.Registers("seed_lock_template", created["certificateOwnershipToken"]!.GetValue<string>(),
            ("SerialNumber", "SL001234567"), ("Room", "LivingRoom"), ("Made", "2025-01-01"), ("Claim", "1111111111111111"));

        registered.Body["thingName"]!.GetValue<string>().ShouldBe("ESP32-LivingRoom-001");
        var thing = await platform.Operator.Send(HttpMethod.Get, "/things/ESP32-LivingRoom-001", null, default);
        foreach (var (name, value) in JsonNode.Parse(Registration)!.AsObject())
            JsonNode.DeepEquals(thing[name], value).ShouldBeTrue($"{name}: {thing[name]}");
        (await platform.Operator.ListThingPrincipals("ESP32-LivingRoom-001", default)).ShouldHaveSingleItem().ShouldEndWith(created["certificateId"]!.GetValue<string>());

        using var key = KeyPair.FromPem(created["privateKey"]!.GetValue<string>());
        await using var device = await platform.Connects(key.ToX509(created["certificatePem"]!.GetValue<string>()), "locker-controller-101", ProtocolVersion.V500);
        await device.Subscribe("anything/#", QoS.AtLeastOnce);
        (await device.Publish("anything/at/all", "1"u8.ToArray(), QoS.AtLeastOnce)).ShouldBe(ReasonCode.Success);
        (await device.Incoming.ReadAsync(new CancellationTokenSource(Eventually.Patience).Token)).Topic.ShouldBe("anything/at/all");
    }

    /// <summary>Accepted as printed, and evaluated as AWS evaluates it: it lets nobody connect.</summary>
    [Fact]
    public async Task A_policy_that_allows_connecting_to_topics_is_accepted_and_allows_no_connection()
    {
        var claim = await Claim("seed_topic_only_policy", TopicOnlyClaimPolicy);
        using var key = KeyPair.FromPem(claim.PrivateKeyPem);

        await platform.RefusesToConnect(key.ToX509(claim.CertificatePem));
    }

    async Task<CreatedCertificate> Claim(string policy, string document)
    {
        await platform.Operator.CreatePolicy(policy, document, default);
        var claim = await platform.Operator.CreateKeysAndCertificate(default);
        await platform.Operator.AttachPolicy(policy, claim.Arn, default);
        return claim;
    }

    string Here(string document) => document
        .Replace("<aws-region>", platform.Operator.Arns.Region, StringComparison.Ordinal)
        .Replace("<aws-account-id>", platform.Operator.Arns.AccountId, StringComparison.Ordinal);
}
