namespace FleetPlatform.TemplateEngine.Tests;

/// <summary>Template bodies that tests share.</summary>
static class Bodies
{
    /// <summary>Thing <c>sensor-{SerialNumber}</c>, its location told back to the device.</summary>
    public const string Sensor = """
        {
          "Parameters": {"SerialNumber": {"Type": "String"}, "Location": {"Type": "String", "Default": "nowhere"}},
          "Resources": {
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "sensors"}},
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Fn::Sub": "sensor-${SerialNumber}"}}}
          },
          "DeviceConfiguration": {"Location": {"Ref": "Location"}}
        }
        """;

    /// <summary>For a device with a certificate of its own CA: the thing is named by the subject's common name.</summary>
    public const string JustInTime = """
        {
          "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}, "AWS::IoT::Certificate::CommonName": {"Type": "String"},
                         "AWS::IoT::Certificate::Country": {"Type": "String"}},
          "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "iot:Publish",
                "Resource": {"Fn::Sub": "arn:aws:iot:us-east-1:123456789012:topic/${AWS::IoT::Certificate::CommonName}/up"}}]}}}
          }
        }
        """;

    /// <summary>A device's own topics.</summary>
    public const string ThingPolicy = """
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish"], "Resource": [
            "arn:aws:iot:us-east-1:123456789012:client/${iot:Connection.Thing.ThingName}",
            "arn:aws:iot:us-east-1:123456789012:topic/devices/${iot:Connection.Thing.ThingName}/*"]}]}
        """;

    public static string Probe { get; } = Sensor.Replace("sensor-$", "probe-$", StringComparison.Ordinal);
}
