namespace FleetPlatform.Device;

/// <summary>Topics of the provisioning API (aws-protocol.md 1.1).</summary>
static class ProvisioningTopics
{
    public static string CreateFromCsr(PayloadFormat format) => $"$aws/certificates/create-from-csr/{Segment(format)}";

    public static string CreateKeys(PayloadFormat format) => $"$aws/certificates/create/{Segment(format)}";

    public static string RegisterThing(string template, PayloadFormat format) => $"$aws/provisioning-templates/{template}/provision/{Segment(format)}";

    public static string Accepted(string request) => request + "/accepted";

    public static string Rejected(string request) => request + "/rejected";

    static string Segment(PayloadFormat format) => format == PayloadFormat.Cbor ? "cbor" : "json";
}
