using System.Net;
using static FleetPlatform.Policy.PolicyDecision;

namespace FleetPlatform.Policy.Tests;

public sealed class EvaluationTests
{
    [Theory] // aws-protocol 8.3
    [InlineData("topic/a", "a", true)]
    [InlineData("topic/a", "A", false)]
    [InlineData("topic/a", "a/b", false)]
    [InlineData("topic/a/*", "a/", true)]
    [InlineData("topic/a/*", "a", false)]
    [InlineData("topic/a/*", "a/b/c", true)]
    [InlineData("topic/a*", "a", true)]
    [InlineData("topic/*/c", "a/b/c", true)]
    [InlineData("topic/?", "é", true)]
    [InlineData("topic/?", "\U0001F600", true)]
    [InlineData("topic/?", "ab", false)]
    [InlineData("topic/a/+/c", "a/b/c", false)]
    [InlineData("topic/a/#", "a/b", false)]
    [InlineData("topic/${*}", "*", true)]
    [InlineData("topic/${*}", "x", false)]
    [InlineData("topic/${?}", "x", false)]
    [InlineData("topic/${$}{x}", "${x}", true)]
    [InlineData("topic/$aws/certificates/create/*", "$aws/certificates/create/json", true)]
    [InlineData("topic/$aws/certificates/create/*", "$aws/certificates/create-from-csr/json", false)]
    [InlineData("*", "a", true)]
    [InlineData("client/*", "a", false)]
    [InlineData("topicfilter/a", "a", false)]
    public void Resources_match_as_documented(string pattern, string topic, bool allowed) =>
        Ask.Policies(Ask.Statement("Allow", "iot:Publish", Ask.Arn + pattern)).Publish(topic).ShouldBe(allowed ? Allowed : ImplicitDeny);

    [Theory] // a wildcard stays inside its part of the ARN
    [InlineData("arn:aws:iot:us-east-1:*:topic/a", "a", true)]
    [InlineData("arn:aws:iot:us-east-1:*:topic/a", "b:topic/a", false)]
    [InlineData("arn:aws:iot:*:*:topic/a", "b:c:topic/a", false)]
    [InlineData("arn:aws:iot:*", "anything", true)]
    [InlineData("arn:aws:iot:eu-west-1:123456789012:topic/a", "a", false)]
    [InlineData("arn:aws:iot:us-east-1:210987654321:topic/a", "a", false)]
    [InlineData("arn:aws:s3:us-east-1:123456789012:topic/a", "a", false)]
    public void The_parts_of_an_arn_match_one_by_one(string resource, string topic, bool allowed) =>
        Ask.Policies(Ask.Statement("Allow", "iot:Publish", resource)).Publish(topic).ShouldBe(allowed ? Allowed : ImplicitDeny);

    [Theory]
    [InlineData("*", true)]
    [InlineData("iot:*", true)]
    [InlineData("iot:publish", true)]
    [InlineData("IOT:Pub*", true)]
    [InlineData("iot:?ublish", true)]
    [InlineData("iot:Subscribe", false)]
    [InlineData("iot:GetThingShadow", false)]
    [InlineData("iotjobsdata:*", false)]
    public void Actions_match_without_case_and_with_wildcards(string action, bool allowed) =>
        Ask.Policies(Ask.Statement("Allow", action, "*")).Publish("a").ShouldBe(allowed ? Allowed : ImplicitDeny);

    [Fact]
    public void Each_action_has_its_kind_of_resource()
    {
        var policies = Ask.Policies(
            Ask.Statement("Allow", "iot:*", Ask.Arn + "client/c"), Ask.Statement("Allow", "iot:*", Ask.Arn + "topic/t"),
            Ask.Statement("Allow", "iot:*", Ask.Arn + "topicfilter/f/#"));
        var context = Ask.Connection();

        policies.Evaluate(PolicyAction.Connect, "c", context).ShouldBe(Allowed);
        policies.Evaluate(PolicyAction.Connect, "t", context).ShouldBe(ImplicitDeny);
        policies.Evaluate(PolicyAction.Subscribe, "f/#", context).ShouldBe(Allowed);
        policies.Evaluate(PolicyAction.Subscribe, "t", context).ShouldBe(ImplicitDeny);
        foreach (var action in new[] { PolicyAction.Publish, PolicyAction.RetainPublish, PolicyAction.Receive })
            policies.Evaluate(action, "t", context).ShouldBe(Allowed);
    }

    [Fact]
    public void An_explicit_deny_wins_from_any_policy()
    {
        var allow = PolicyDocument.Compile(Ask.Document(Ask.Statement("Allow", "*", "*")));
        var deny = PolicyDocument.Compile(Ask.Document(Ask.Statement("Deny", "iot:Publish", Ask.Arn + "topic/secret/*")));

        foreach (var set in new[] { new CompiledPolicySet(allow, deny), new CompiledPolicySet(deny, allow) })
        {
            set.Publish("secret/a").ShouldBe(ExplicitDeny);
            set.Publish("open").ShouldBe(Allowed);
        }

        CompiledPolicySet.Empty.Publish("a").ShouldBe(ImplicitDeny);
    }

    [Fact]
    public void NotResource_speaks_of_everything_else()
    {
        var policies = Ask.Policies(
            Ask.Statement("Allow", "iot:Publish", "*"), Ask.Statement("Deny", "iot:Publish", Ask.Arn + "topic/mine/*", element: "NotResource"));

        policies.Publish("mine/a").ShouldBe(Allowed);
        policies.Publish("theirs/a").ShouldBe(ExplicitDeny);
    }

    [Fact]
    public void Variables_stand_for_the_connection()
    {
        var context = new PolicyContext
        {
            Region = "us-east-1",
            AccountId = "123456789012",
            ClientId = "c1",
            CertificateId = new string('a', 64),
            ThingName = "t1",
            ThingTypeName = "lamp",
            ThingAttributes = new Dictionary<string, string> { ["Site"] = "berlin" },
            IsAttached = true,
            DomainName = "mqtt.example",
        };
        (string Pattern, string Topic)[] rows =
        [
            ("${iot:ClientId}", "c1"), ("a/${iot:ClientId}/*", "a/c1/b"), ("${iot:Connection.Thing.ThingName}", "t1"),
            ("${iot:Connection.Thing.ThingTypeName}", "lamp"), ("${iot:Connection.Thing.Attributes[Site]}/x", "berlin/x"),
            ("${iot:Connection.Thing.IsAttached}", "true"), ("${iot:CertificateId}", new string('a', 64)), ("${iot:DomainName}", "mqtt.example"),
            ("${iot:connection.thing.thingname}${iot:clientid}", "t1c1"),
        ];
        foreach (var (pattern, topic) in rows)
        {
            var policies = Ask.Policies(Ask.Statement("Allow", "iot:Publish", Ask.Arn + "topic/" + pattern));
            policies.Publish(topic, context).ShouldBe(Allowed, pattern);
            policies.Publish(topic + "x", context).ShouldBe(pattern.EndsWith('*') ? Allowed : ImplicitDeny, pattern);
            policies.Publish(pattern, context).ShouldBe(ImplicitDeny, "a variable is not itself");
        }

        Ask.Policies(Ask.Statement("Allow", "iot:Publish", Ask.Arn + "topic/${iot:Connection.Thing.Attributes[site]}")).Publish("berlin", context)
            .ShouldBe(ImplicitDeny, "attribute names are case-sensitive");
    }

    [Theory]
    [InlineData("""{"StringEquals":{"iot:ClientId":["a","client"]}}""", true)]
    [InlineData("""{"StringEquals":{"iot:ClientId":"CLIENT"}}""", false)]
    [InlineData("""{"StringEqualsIgnoreCase":{"iot:ClientId":"CLIENT"}}""", true)]
    [InlineData("""{"StringNotEquals":{"iot:ClientId":"client"}}""", false)]
    [InlineData("""{"StringNotEquals":{"iot:Connection.Thing.ThingTypeName":"lamp"}}""", true)]
    [InlineData("""{"StringEquals":{"iot:Connection.Thing.ThingTypeName":"lamp"}}""", false)]
    [InlineData("""{"StringEqualsIfExists":{"iot:Connection.Thing.ThingTypeName":"lamp"}}""", true)]
    [InlineData("""{"StringLike":{"iot:ClientId":"cl*t"}}""", true)]
    [InlineData("""{"StringEquals":{"iot:ClientId":"cl*t"}}""", false)]
    [InlineData("""{"StringNotLike":{"iot:ClientId":"cl*t"}}""", false)]
    [InlineData("""{"StringEquals":{"iot:ClientId":"${iot:ClientId}"}}""", true)]
    [InlineData("""{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}""", false)]
    [InlineData("""{"Bool":{"iot:Connection.Thing.IsAttached":[false]}}""", true)]
    [InlineData("""{"Null":{"iot:Connection.Thing.ThingName":"true"}}""", true)]
    [InlineData("""{"Null":{"iot:ClientId":"true"}}""", false)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"192.0.2.7"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}""", false)]
    [InlineData("""{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}""", false)]
    [InlineData("""{"ForAllValues:StringEquals":{"iot:ConnectAttributes":["PersistentConnect"]}}""", false)]
    [InlineData("""{"ForAllValues:StringEquals":{"iot:ConnectAttributes":["PersistentConnect","LastWill"]}}""", true)]
    [InlineData("""{"ForAnyValue:StringEquals":{"iot:ConnectAttributes":["PersistentConnect"]}}""", true)]
    [InlineData("""{"ForAnyValue:StringNotEquals":{"iot:ConnectAttributes":["PersistentConnect"]}}""", true)]
    [InlineData("""{"ForAllValues:StringNotEquals":{"iot:ConnectAttributes":["PersistentConnect"]}}""", false)]
    [InlineData("""{"ArnEquals":{"iot:LastWillTopic":"arn:aws:iot:us-east-1:123456789012:topic/last/client"}}""", true)]
    [InlineData("""{"ArnLike":{"iot:LastWillTopic":"arn:aws:iot:*:*:topic/last/*"}}""", true)]
    [InlineData("""{"ArnEquals":{"iot:LastWillTopic":"arn:aws:iot:us-east-1:123456789012:topic/${iot:ClientId}"}}""", false)]
    [InlineData("""{"ArnNotLike":{"iot:LastWillTopic":"arn:aws:iot:*:*:topic/last/*"}}""", false)]
    [InlineData("""{"StringEquals":{"iot:ClientId":"client"},"Bool":{"iot:Connection.Thing.IsAttached":"true"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:PrincipalTag":"x"}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:PrincipalTag":"x"}}""", false)]
    [InlineData("""{"StringNotEquals":{"iot:ClientId":"${iot:Connection.Thing.ThingName}"}}""", false)]
    public void Conditions_hold_as_documented(string condition, bool holds)
    {
        var context = new PolicyContext
        {
            Region = "us-east-1",
            AccountId = "123456789012",
            ClientId = "client",
            SourceIp = IPAddress.Parse("::ffff:192.0.2.7"),
            PersistentConnect = true,
            WillTopic = "last/client",
        };
        Ask.Policies(Ask.Statement("Allow", "iot:Connect", "*", condition)).Evaluate(PolicyAction.Connect, "client", context)
            .ShouldBe(holds ? Allowed : ImplicitDeny);
    }

    [Fact] // aws-protocol 8.6: the empty set
    public void ForAllValues_holds_when_there_is_nothing_to_hold_for() => Ask
        .Policies(Ask.Statement("Allow", "iot:Connect", "*", """{"ForAllValues:StringEquals":{"iot:ConnectAttributes":["PersistentConnect"]}}"""))
        .Evaluate(PolicyAction.Connect, "client", Ask.Connection()).ShouldBe(Allowed);

    [Theory] // a Deny that cannot be decided denies
    [InlineData("""{"StringEquals":{"aws:PrincipalTag":"x"}}""", true)]
    [InlineData("""{"StringNotEquals":{"iot:ClientId":"${iot:Connection.Thing.ThingName}"}}""", true)]
    [InlineData("""{"StringEquals":{"iot:ClientId":"other"}}""", false)]
    [InlineData("""{"StringEquals":{"iot:Connection.Thing.ThingTypeName":"lamp"}}""", false)]
    public void Conditions_of_a_deny_are_conservative(string condition, bool denies) => Ask
        .Policies(Ask.Statement("Allow", "*", "*"), Ask.Statement("Deny", "iot:Publish", "*", condition)).Publish("a")
        .ShouldBe(denies ? ExplicitDeny : Allowed);

    [Fact]
    public void Evaluation_allocates_nothing()
    {
        var policies = Ask.Policies(
            Ask.Statement("Deny", "iot:*", Ask.Arn + "topic/${iot:Connection.Thing.ThingName}/locked/*", """{"StringEquals":{"iot:ClientId":"nobody"}}"""),
            Ask.Statement("Deny", "iot:*", Ask.Arn + "topic/x", """{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"""),
            Ask.Statement("Allow", "iot:*", Ask.Arn + "topic/${iot:Connection.Thing.ThingName}/*/${iot:Connection.Thing.Attributes[a]}",
                """{"Bool":{"iot:Connection.Thing.IsAttached":"true"},"ForAllValues:StringEquals":{"iot:ConnectAttributes":["LastWill"]}}"""),
            Ask.Statement("Allow", "iot:*", Ask.Arn + "topic/?" + new string('*', 40) + "z"));
        var context = new PolicyContext
        {
            Region = "us-east-1",
            AccountId = "123456789012",
            ClientId = "c",
            ThingName = "t",
            IsAttached = true,
            ThingAttributes = new Dictionary<string, string> { ["a"] = new string('v', 900) },
            SourceIp = IPAddress.Parse("192.0.2.7"),
            WillTopic = "w",
        };
        string[] topics = ["t/locked/a", "t/x/" + new string('v', 900), "x", "aaaaaaaaaaaaaaaaaaz", new string('q', 2000)];
        Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++) Run();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Run()
        {
            foreach (var topic in topics) policies.Evaluate(PolicyAction.Publish, topic, context);
        }
    }
}
