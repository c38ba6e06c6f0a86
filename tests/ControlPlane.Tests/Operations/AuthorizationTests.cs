using FleetPlatform.Policy;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>What TestAuthorization says of policies that agree, disagree, or cannot be read.</summary>
public sealed class AuthorizationTests
{
    static readonly PolicyContext Context = new() { Region = "us-east-1", AccountId = "123456789012", ClientId = "box", ThingName = "box", IsAttached = true };

    [Fact]
    public void A_deny_wins_and_each_policy_is_named_where_it_belongs()
    {
        var authorized = Decide("devices/box/up", Allow("all", "*"), Allow("other", "other/*"), Policy("never", "Deny", "devices/*"));

        authorized.Decision.ShouldBe(PolicyDecision.ExplicitDeny);
        authorized.Policies.ShouldBe([("all", PolicyDecision.Allowed), ("other", PolicyDecision.ImplicitDeny), ("never", PolicyDecision.ExplicitDeny)]);
    }

    [Fact]
    public void Variables_have_the_values_of_the_connection()
    {
        var own = Allow("own", "devices/${iot:Connection.Thing.ThingName}/up");
        Decide("devices/box/up", own).Decision.ShouldBe(PolicyDecision.Allowed);
        Decide("devices/other/up", own).Decision.ShouldBe(PolicyDecision.ImplicitDeny);
        Decide("devices/box/up").Decision.ShouldBe(PolicyDecision.ImplicitDeny);
    }

    [Fact]
    public void A_policy_that_cannot_be_read_denies_as_it_does_at_the_gateway()
    {
        var broken = new PolicyGrant { PolicyName = "broken", VersionId = "1", Document = "{" };
        Decide("devices/box/up", Allow("all", "*"), broken).Decision.ShouldBe(PolicyDecision.ExplicitDeny);
    }

    [Fact]
    public void A_policy_of_a_group_counts_for_the_thing_in_it_and_an_exclusive_thing_needs_no_name()
    {
        var grant = new PrincipalGrant
        {
            CertificateId = new('a', 64), Status = CertificateStatus.Active, Version = 1,
            Policies = [Allow("own", "*"), Allow("of-the-group", "*") with { ThingName = "box" }],
            Things = [new() { ThingName = "box", Attributes = new Dictionary<string, string>() }],
        };
        grant.PoliciesOf(grant.ThingOf("box")).Select(policy => policy.PolicyName).ShouldBe(["own", "of-the-group"]);
        grant.PoliciesOf(grant.ThingOf("another")).Select(policy => policy.PolicyName).ShouldBe(["own"]);
        (grant with { Things = [grant.Things[0] with { Exclusive = true }] }).ThingOf("another")!.ThingName.ShouldBe("box");
    }

    static Authorized Decide(string topic, params PolicyGrant[] policies) =>
        Authorization.Decide(new("PUBLISH", PolicyAction.Publish, $"arn:aws:iot:us-east-1:123456789012:topic/{topic}", topic), policies, Context);

    static PolicyGrant Allow(string name, string topic) => Policy(name, "Allow", topic);

    static PolicyGrant Policy(string name, string effect, string topic) => new()
    {
        PolicyName = name, VersionId = "1",
        Document = $$"""{"Version":"2012-10-17","Statement":{"Effect":"{{effect}}","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:123456789012:topic/{{topic}}"} }""",
    };
}
