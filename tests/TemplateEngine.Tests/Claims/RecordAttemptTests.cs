using FleetPlatform.TemplateEngine.Claims;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.TemplateEngine.Tests.Claims;

public class RecordAttemptTests
{
    static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    static ProvisioningCompleted Completed(string hash) => new(Certificates.Id, "t", 1, "sensor-1", "Active", hash, 1, 1, 2, Noon);

    static ProvisioningRefused Refused(string code, string hash, string session) =>
        new(code, "no", session, "client", Certificates.ClaimId, Certificates.Id, "t", null, hash, null, 1, Noon);

    static readonly Arbitrary<ProvisioningEvent> Outcomes = (
        from succeeded in Gen.Elements(true, false)
        from hash in Gen.Elements("one", "two")
        from code in Gen.Elements("unavailable", "unsafe-name")
        from session in Gen.Elements("s1", "s2")
        select succeeded ? (ProvisioningEvent)Completed(hash) : Refused(code, hash, session)).ToArbitrary();

    [Fact]
    public void Asking_twice_records_once() => Prop.ForAll(Outcomes.Generator.ListOf().ToArbitrary(), Outcomes, (before, attempt) =>
    {
        var flow = before.Aggregate(Provisioning.Initial, Record);
        return RecordAttempt.Decide([attempt], Record(flow, attempt)).Events.Count == 0;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_flow_is_completed_at_most_once() => Prop.ForAll(Outcomes.Generator.ListOf().ToArbitrary(), attempts =>
    {
        var (flow, completed) = (Provisioning.Initial, 0);
        foreach (var attempt in attempts)
        {
            completed += RecordAttempt.Decide([attempt], flow).Events.OfType<ProvisioningCompleted>().Count();
            flow = Record(flow, attempt);
        }

        return completed == (attempts.Any(attempt => attempt is ProvisioningCompleted) ? 1 : 0);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Another_request_with_the_same_token_is_a_replay() =>
        RecordAttempt.Decide([Completed("two")], Record(Provisioning.Initial, Completed("one"))).Refusal!.Code.ShouldBe("token-replayed");

    [Fact]
    public void Requests_are_told_apart_by_template_names_and_values()
    {
        Dictionary<string, string> one = new() { ["a"] = "bc" };
        string[] hashes =
        [
            ParameterRules.Hash("t", one), ParameterRules.Hash("u", one), ParameterRules.Hash("t", new Dictionary<string, string> { ["ab"] = "c" }),
            ParameterRules.Hash("t", new Dictionary<string, string>()), ParameterRules.Hash("ta", new Dictionary<string, string> { ["b"] = "c" }),
        ];

        hashes.ShouldBeUnique();
        ParameterRules.Hash("t", new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" })
            .ShouldBe(ParameterRules.Hash("t", new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" }));
    }

    static Provisioning Record(Provisioning flow, ProvisioningEvent attempt) =>
        RecordAttempt.Decide([attempt], flow).Events.Aggregate(flow, (state, @event) => state.Evolve(@event));
}
