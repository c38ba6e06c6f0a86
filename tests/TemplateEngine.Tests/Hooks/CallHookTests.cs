using System.Globalization;
using System.Net;
using System.Text;
using FleetPlatform.TemplateEngine.Hooks;

namespace FleetPlatform.TemplateEngine.Tests.Hooks;

public sealed class CallHookTests(HookServer server) : IClassFixture<HookServer>
{
    static readonly HookPayload Payload = new()
    {
        ClaimCertificateId = Certificates.ClaimId, CertificateId = Certificates.Id, CertificatePem = "pem", ClientId = "client",
        TemplateArn = "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/t", Parameters = new Dictionary<string, string> { ["SerialNumber"] = "1" },
    };

    static HookOptions Options(TimeSpan timeout, params string[] networks) => new()
    {
        Key = Convert.ToBase64String(HookServer.Key), AllowHttp = true, AllowedNetworks = networks,
        Timeout = timeout, MaximumConcurrentCalls = 2, BreakerFailures = 3, BreakerPause = TimeSpan.FromSeconds(30),
    };

    static CallHook Open(double seconds = 10) => new(Options(TimeSpan.FromSeconds(seconds), "127.0.0.1/32"), TimeProvider.System);

    async Task<HookVerdict> Call(string path, CallHook? hook = null) =>
        await (hook ?? Open()).Handle($"{server.Address}/{path}", Payload, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_call_is_what_AWS_sends_and_is_signed()
    {
        await Call("signed/allow");

        var (_, headers, body) = server.Calls.Single(call => call.Path == "/signed/allow");
        Encoding.UTF8.GetString(body).ShouldBe($$$"""{"claimCertificateId":"{{{Certificates.ClaimId}}}","certificateId":"{{{Certificates.Id}}}","certificatePem":"pem","templateArn":"{{{Payload.TemplateArn}}}","clientId":"client","parameters":{"SerialNumber":"1"}}""");
        var at = long.Parse(headers["x-fleet-timestamp"], CultureInfo.InvariantCulture);
        headers["x-fleet-signature"].ShouldBe(HookPayload.Sign(HookServer.Key, at, body));
        headers.ContainsKey("traceparent").ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"allowProvisioning": true}""", "Allowed")]
    [InlineData("""{"allowProvisioning": "true", "parameterOverrides": null}""", "Allowed")]
    [InlineData("""{"allowProvisioning": false}""", "Declined")]
    [InlineData("""{}""", "Declined")]
    [InlineData("""{"allowProvisioning": 1}""", "Declined")]
    [InlineData("""[true]""", "Failed")]
    [InlineData("""{"allowProvisioning": true, "allowProvisioning": false}""", "Failed")]
    [InlineData("""{"allowProvisioning": true, "parameterOverrides": {"a": 1}}""", "Failed")]
    [InlineData("""{"allowProvisioning": true, "parameterOverrides": []}""", "Failed")]
    [InlineData("""{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}""", "Failed")]
    [InlineData("not JSON", "Failed")]
    [InlineData("", "Failed")]
    public void An_answer_is_a_yes_a_no_or_neither(string answer, string outcome) =>
        HookPayload.Read(Encoding.UTF8.GetBytes(answer), 200).Outcome.ToString().ShouldBe(outcome);

    [Theory]
    [InlineData("hang", "did not answer within")]
    [InlineData("redirect", "redirects are not followed")]
    [InlineData("large", "more than 65536 bytes")]
    [InlineData("error", "answered 500")]
    public async Task A_hook_that_misbehaves_has_failed(string path, string reason)
    {
        using var hook = Open(path == "hang" ? 0.3 : 10);

        var verdict = await Call(path, hook);

        verdict.Outcome.ShouldBe(HookOutcome.Failed);
        verdict.Reason!.ShouldContain(reason);
        verdict.Refusal()!.Code.ShouldBe("hook-failed");
        server.Calls.ShouldNotContain(call => call.Path == "/allow"); // where the redirect leads
    }

    [Fact]
    public async Task A_hook_on_this_machine_is_not_called_unless_the_deployment_says_so()
    {
        using var closed = new CallHook(Options(TimeSpan.FromSeconds(10)), TimeProvider.System);
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "0x7f.1" })
        {
            var verdict = await closed.Handle($"http://{host}:{new Uri(server.Address).Port}/ssrf", Payload, TestContext.Current.CancellationToken);
            verdict.Outcome.ShouldBe(HookOutcome.Failed, host);
        }

        server.Calls.ShouldNotContain(call => call.Path == "/ssrf");
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.9.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1::1", true)]
    public void Only_public_addresses_are_connected_to(string address, bool allowed) =>
        HookAddresses.MayConnect(IPAddress.Parse(address), []).ShouldBe(allowed);

    [Fact]
    public void A_network_can_be_opened()
    {
        HookAddresses.MayConnect(IPAddress.Parse("10.1.2.3"), [IPNetwork.Parse("10.1.0.0/16")]).ShouldBeTrue();
        HookAddresses.MayConnect(IPAddress.Parse("10.2.2.3"), [IPNetwork.Parse("10.1.0.0/16")]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("arn:aws:lambda:us-east-1:123456789012:function:hook")]
    [InlineData("http://hooks.example/a")]
    [InlineData("https://user:password@hooks.example/a")]
    [InlineData("file:///etc/passwd")]
    [InlineData("hooks.example")]
    public void Only_https_addresses_are_accepted(string target) => HookAddresses.Refuse(target, allowHttp: false).ShouldNotBeNull();

    [Fact]
    public async Task No_more_calls_than_allowed_are_under_way()
    {
        using var hook = Open(3);
        var hanging = new[] { Call("many/hang", hook), Call("many/hang", hook) };
        (await Call("many/allow", hook)).Reason!.ShouldContain("under way");

        (await Task.WhenAll(hanging)).ShouldAllBe(verdict => verdict.Outcome == HookOutcome.Failed);
        (await Call("many/allow", hook)).Outcome.ShouldBe(HookOutcome.Allowed);
    }

    [Fact]
    public void A_hook_that_keeps_failing_is_left_alone_and_then_tried_by_one()
    {
        var clock = new StandingClock();
        var breaker = new CircuitBreaker(3, TimeSpan.FromSeconds(30), clock);
        for (var i = 0; i < 3; i++)
        {
            breaker.TryEnter("a").ShouldBeTrue();
            breaker.Failed("a");
        }

        breaker.TryEnter("a").ShouldBeFalse();
        breaker.TryEnter("b").ShouldBeTrue();
        clock.Advance(TimeSpan.FromSeconds(31));
        breaker.TryEnter("a").ShouldBeTrue();
        breaker.TryEnter("a").ShouldBeFalse();
        breaker.Succeeded("a");
        breaker.TryEnter("a").ShouldBeTrue();
    }

    sealed class StandingClock : TimeProvider
    {
        DateTimeOffset _now = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(TimeSpan by) => _now += by;
    }
}
