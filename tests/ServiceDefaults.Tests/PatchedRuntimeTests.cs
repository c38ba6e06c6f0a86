namespace FleetPlatform.ServiceDefaults.Tests;

/// <summary>Peers 3.2 case 6: a certificate that crashes the runtime (CVE-2026-57108).</summary>
public sealed class PatchedRuntimeTests
{
    [Theory]
    [InlineData("10.0.9"), InlineData("10.0.0"), InlineData("9.0.99")]
    public void No_service_starts_on_a_runtime_that_a_certificate_can_crash(string runtime)
    {
        var refusal = Should.Throw<InvalidOperationException>(() => PatchedRuntime.Require(new(runtime)));
        refusal.Message.ShouldContain(runtime);
        refusal.Message.ShouldContain("CVE-2026-57108");
        refusal.Message.ShouldContain("10.0.10");
    }

    [Theory]
    [InlineData("10.0.10"), InlineData("10.0.12"), InlineData("10.1.0"), InlineData("11.0.0")]
    public void Later_ones_will_do(string runtime) => PatchedRuntime.Require(new(runtime));
}
