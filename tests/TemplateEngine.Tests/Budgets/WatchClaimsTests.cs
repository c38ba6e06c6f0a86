using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Claims;
using MassTransit;
using Wire = FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Tests.Budgets;

/// <summary>peers.md 3.2 case 34: a claim key that was taken out of firmware is noticed, also where nobody has set a limit.</summary>
public class WatchClaimsTests(Stack stack)
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly string Claim1 = new('a', 64);
    static readonly string Claim2 = new('b', 64);

    [Fact]
    public void Only_who_came_with_a_claim_arrives_and_each_flow_once()
    {
        var limits = new Dictionary<string, LimitedClaim> { [Claim2] = new(Wire.ClaimStatus.Open, null, null, null, null, "Nr", false) };
        RecordedEvent[] batch =
        [
            Resolved("f1", Claim1, "S1"), Resolved("f1", Claim1, "S1"),
            Resolved("f2", Claim2, "S1", ("Nr", "7")),
            Resolved("f3", "operator", "S3"), Resolved("f4", new('c', 64), "S4", certificate: new('c', 64)), Resolved("f5", Claim1, "S5", template: "fleet-rotation"),
            Resolved("f6", Claim1, new('9', 4000)), Resolved("f7", Claim1, null),
        ];

        var arrivals = WatchClaims.Arrivals(batch, limits);

        arrivals.Select(arrival => arrival.FlowId).ShouldBe(["f1", "f2", "f6", "f7"]);
        arrivals.Select(arrival => arrival.Serial).ShouldBe(["S1", "7", arrivals[2].Serial, "thing-f7"]);
        arrivals[2].Serial.Length.ShouldBe(64);
    }

    [Fact]
    public void A_serial_number_that_comes_again_and_too_many_at_once_are_told_once_for_each_claim()
    {
        Arrival[] arrivals = [Came("f1", Claim1, "S1"), Came("f2", Claim2, "S1"), Came("f3", Claim1, "S3"), Came("f4", Claim1, "S4")];

        Signals(arrivals, inMinute: 3, threshold: 3, seen: ["f3", "f4"]).ShouldBe([(Claim1, "serial-reuse", 2), (Claim2, "serial-reuse", 1)]);
        Signals(arrivals[2..], inMinute: 4, threshold: 3, seen: []).ShouldBe([(Claim1, "velocity", 1)]);
        Signals(arrivals[2..], inMinute: 4, threshold: 3, seen: [], told: true).ShouldBeEmpty();
    }

    [Fact]
    public void What_the_record_ends_with_is_not_told_again()
    {
        var signal = new AbuseSuspected("velocity", "detail", "f1", null, Noon);
        var claim = Claim.Initial.Evolve(signal);

        SuspectAbuse.Decide([signal], claim).Events.ShouldBeEmpty();
        SuspectAbuse.Decide([signal with { Signal = "key-reuse" }, signal with { FlowId = "f2" }], claim).Events.Count.ShouldBe(2);
        claim.IsManaged.ShouldBeFalse();
    }

    [Fact]
    public async Task A_claim_without_any_limit_is_watched()
    {
        var template = await stack.Template();
        var claim = stack.Device(template).Flow.PrincipalId;
        var (first, second) = (stack.Device(template, claim, ("SerialNumber", $"{claim[..6]}-twin")), stack.Device(template, claim, ("SerialNumber", $"{claim[..6]}-twin")));

        (await stack.Provision(first)).Refused.ShouldBeNull();
        (await stack.Provision(second)).Refused.ShouldBeNull();
        await stack.Publish(new KeyReuseRefused
        {
            Items = [.. Enumerable.Range(0, 3).Select(_ => new RefusedKey { EventId = Guid.CreateVersion7(), RequestedBy = claim, FlowId = Guid.CreateVersion7().ToString("N"), Code = "key-shared", At = Noon })],
        });

        await Eventually.Holds(async () =>
        {
            var seen = await Describe(claim);
            (seen.Arrivals, seen.Registrations).ShouldBe((2, 0));
            seen.Signals.ShouldBe(new Dictionary<string, string> { ["serial-reuse"] = "1", ["key-reuse"] = "3" }, ignoreOrder: true);
        });
        var suspected = (await stack.Ask.Ask<Wire.ListClaims, Wire.ClaimsListed>(new() { SuspectedOnly = true, Limit = 250 })).Value!.Items.Single(item => item.ClaimId == claim);
        (suspected.Arrivals, suspected.Status).ShouldBe((2, Wire.ClaimStatus.Open));
        (await stack.Store.FetchStreamAsync(Claim.Stream(claim))).Count(recorded => recorded.Type == "claim.abuse-suspected.v1").ShouldBe(2);
    }

    [Fact]
    public async Task More_devices_in_a_minute_than_the_claim_is_limited_to_are_a_signal_also_of_those_that_were_refused()
    {
        var template = await stack.Template();
        var claim = stack.Device(template).Flow.PrincipalId;
        (await stack.Ask.Ask<Wire.ChangeClaim, Wire.ClaimDescription>(new() { ClaimId = claim, RegistrationsPerMinute = 1, RequestedBy = "test" })).Refused.ShouldBeNull();

        var devices = Enumerable.Range(0, 5).Select(number => stack.Device(template, claim, ("SerialNumber", $"{claim[..6]}-{number}")));
        var answers = await Task.WhenAll(devices.Select(stack.Provision)); // within two calendar minutes, should one of them end meanwhile

        answers.Count(answer => answer.Refused?.Code == "too-many-requests").ShouldBe(4);
        await Eventually.Holds(async () => (await Describe(claim)).Signals.Keys.ShouldContain("velocity"));
    }

    async Task<Wire.ClaimDescription> Describe(string claim) => (await stack.Ask.Ask<Wire.DescribeClaim, Wire.ClaimDescription>(new() { ClaimId = claim })).Value!;

    static (string, string, long)[] Signals(Arrival[] arrivals, long inMinute, int threshold, string[] seen, bool told = false) =>
    [
        .. from claim in WatchClaims.Signals(arrivals, arrivals.ToDictionary(arrival => arrival.FlowId, arrival => new ArrivalSeen(seen.Contains(arrival.FlowId), inMinute, told)), _ => threshold)
           from signal in claim.Signals
           select (claim.ClaimId, signal.Signal, signal.Times),
    ];

    static Arrival Came(string flow, string claim, string serial) => new(claim, flow, serial, $"certificate-{flow}", Noon);

    static RecordedEvent Resolved(string flow, string actor, string? serial, (string Name, string Value)? other = null, string template = "t", string? certificate = null)
    {
        var parameters = new Dictionary<string, string>();
        if (serial is not null) parameters["SerialNumber"] = serial;
        if (other is { } more) parameters[more.Name] = more.Value;
        return new()
        {
            Id = Guid.CreateVersion7(), StreamId = Provisioning.Stream(flow), Version = 1, Type = "provisioning.parameters-resolved.v1", Timestamp = Noon,
            Metadata = new() { Actor = actor }, Data = new ParametersResolved(certificate ?? $"certificate-{flow}", "c", template, 1, $"thing-{flow}", parameters, "hash", 1, Noon),
        };
    }
}
