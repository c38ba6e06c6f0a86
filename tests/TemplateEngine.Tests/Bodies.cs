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

    public static string Probe { get; } = Sensor.Replace("sensor-$", "probe-$", StringComparison.Ordinal);
}
