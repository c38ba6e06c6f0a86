namespace FleetPlatform.ControlPlane.Fleet;

public sealed class FlowsTests
{
    static FlowStep Step(string service, string step, int second) => new()
    {
        Service = service, Step = step, At = new DateTimeOffset(2026, 11, 22, 12, 0, second, TimeSpan.Zero), StreamId = $"stream-{service}",
    };

    [Fact]
    public void A_claim_that_devices_share_is_not_followed()
    {
        FlowStep[] steps =
        [
            Step("mqtt-gateway", "connected", 1) with { SessionId = "session", CertificateId = "claim" },
            Step("certificate-authority", "certificate issued", 2) with { FlowId = "flow", CertificateId = "device" },
            Step("template-engine", "template rendered", 3) with { FlowId = "flow" },
        ];

        Flows.Related(steps).ShouldBe(["session", "flow", "device"]);
    }

    [Fact]
    public void Steps_that_both_rounds_found_are_shown_once_and_in_order_of_time()
    {
        var (early, late) = (Step("thing-registry", "thing registered", 1), Step("mqtt-gateway", "connected", 2));

        Flows.Merge([late, early, late with { }]).ShouldBe([early, late]);
    }
}
