using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class HealthTests
{
    [Theory]
    [InlineData("""{"status":"Unhealthy","checks":{"self":{"status":"Healthy"},"event-store":{"status":"Unhealthy","detail":"The database cannot be reached."}}}""", "event-store (The database cannot be reached.)")]
    [InlineData("""{"status":"Unhealthy","checks":{"a":{"status":"Unhealthy"},"b":{"status":"Degraded","detail":"slow"},"c":{"status":"Unhealthy","detail":"x"}}}""", "a (), c (x)")]
    [InlineData("""{"status":"Healthy","checks":{}}""", null), InlineData("Unhealthy", null), InlineData("[]", null), InlineData("""{"checks":[]}""", null)]
    public void What_a_service_says_of_itself_is_told_in_a_line(string body, string? told) => ProjectRunner.Unhealthy(body).ShouldBe(told);
}
