using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using static FleetPlatform.Policy.PolicyDecision;

namespace FleetPlatform.Policy.Tests;

public sealed class LawsTests
{
    static readonly char[] Dangerous = [.. "*?$+#/", '\0', '\n', '\x7f', '\u0085', '\uFFFE', '\uFFFF'];

    // Peers 3.2 case 1 (CVE-2017-7650): an identity never widens a policy.
    [Fact]
    public void An_identity_with_a_wildcard_opens_nothing()
    {
        string[] variables =
        [
            "iot:ClientId", "iot:Connection.Thing.ThingName", "iot:Connection.Thing.ThingTypeName", "iot:Connection.Thing.Attributes[a]", "iot:DomainName",
        ];
        var topics = ArbMap.Default.ArbFor<NonNull<string>>();
        Prop.ForAll(topics, topic => variables.All(variable => Dangerous.All(danger => new[] { $"{danger}", $"a{danger}", $"{danger}a", $"a{danger}b" }.All(identity =>
        {
            var context = Everything(identity);
            var policies = Ask.Policies(Ask.Statement("Allow", "*", Ask.Arn + $"topic/own/${{{variable}}}/x"));
            return policies.Publish(topic.Get, context) == ImplicitDeny && policies.Publish($"own/{identity}/x", context) == ImplicitDeny &&
                policies.Publish("own/a/x", context) == ImplicitDeny && policies.Publish("own/a/b/x", context) == ImplicitDeny;
        })))).Check(Config.QuickThrowOnFailure.WithMaxTest(10));
    }

    [Fact]
    public void A_deny_about_an_identity_it_cannot_name_holds_for_all_of_them()
    {
        var policies = Ask.Policies(Ask.Statement("Allow", "*", "*"), Ask.Statement("Deny", "iot:Publish", Ask.Arn + "topic/own/${iot:ClientId}/x"));
        foreach (var danger in Dangerous)
        {
            policies.Publish($"own/a{danger}/x", Ask.Connection($"a{danger}")).ShouldBe(ExplicitDeny);
            policies.Publish("own/b/x", Ask.Connection($"a{danger}")).ShouldBe(ExplicitDeny);
        }

        policies.Publish("own/b/x", Ask.Connection("a")).ShouldBe(Allowed);
        policies.Publish("own/a/x", Ask.Connection("a")).ShouldBe(ExplicitDeny);
    }

    [Fact]
    public void A_client_id_with_a_slash_is_still_a_client()
    {
        var policies = Ask.Policies(Ask.Statement("Allow", "iot:Connect", Ask.Arn + "client/${iot:ClientId}"));
        policies.Evaluate(PolicyAction.Connect, "a/b", Ask.Connection("a/b")).ShouldBe(Allowed);
        policies.Evaluate(PolicyAction.Connect, "a+b", Ask.Connection("a+b")).ShouldBe(ImplicitDeny);
    }

    // Peers 3.2 case 29: names compare by ordinal.
    [Theory]
    [InlineData("sensor", "Sensor")]
    [InlineData("sensor", "sensor ")]
    [InlineData("sensor", " sensor")]
    [InlineData("\u00e9", "e\u0301")]
    [InlineData("a", "а")]
    [InlineData("I", "ı")]
    public void Names_that_look_alike_are_not_alike(string allowed, string asked)
    {
        Ask.Policies(Ask.Statement("Allow", "*", Ask.Arn + "topic/" + allowed)).Publish(asked).ShouldBe(ImplicitDeny);
        Ask.Policies(Ask.Statement("Allow", "*", Ask.Arn + "topic/${iot:ClientId}")).Publish(asked, Ask.Connection(allowed)).ShouldBe(ImplicitDeny);
    }

    [Fact]
    public void Evaluation_agrees_with_a_naive_evaluator()
    {
        var pieces = Gen.Elements("a", "b", "/", "*", "?", "+", "#", "$", "${iot:ClientId}", "${iot:Connection.Thing.ThingName}", "${*}", "${iot:Nonsense}", "é");
        var pattern = Gen.ArrayOf(pieces).Select(string.Concat).Where(text => text.Length < 60);
        var topic = Gen.ArrayOf(Gen.Elements("a", "b", "/", "+", "#", "*", "é", "c")).Select(string.Concat);
        var identity = Gen.Elements<string?>(null, "a", "b", "ab", "a/b", "*", "+", "a?", "c");
        var statement = from effect in Gen.Elements("Allow", "Deny")
                        from element in Gen.Elements("Resource", "Resource", "Resource", "NotResource")
                        from text in pattern
                        select (effect, element, text);
        var cases = from statements in Gen.NonEmptyListOf(statement)
                    from asked in topic
                    from clientId in identity
                    from thing in identity
                    select (Statements: statements.Take(6).ToArray(), Asked: asked, ClientId: clientId ?? "c", Thing: thing);

        Prop.ForAll(cases.ToArbitrary(), row =>
        {
            var policies = Ask.Policies([.. row.Statements.Select(s => Ask.Statement(s.effect, "iot:Publish", Ask.Arn + "topic/" + s.text, element: s.element))]);
            var context = Ask.Connection(row.ClientId, row.Thing);
            return policies.Publish(row.Asked, context) == Naive(row.Statements, row.Asked, row.ClientId, row.Thing);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    static PolicyDecision Naive((string Effect, string Element, string Text)[] statements, string topic, string clientId, string? thing)
    {
        var applying = statements.Where(s =>
        {
            var generous = s.Effect == "Deny" != (s.Element == "NotResource");
            return NaiveRegex(s.Text, clientId, thing, generous) is { } regex && regex.IsMatch(topic) != (s.Element == "NotResource")
                || (NaiveRegex(s.Text, clientId, thing, generous) is null && s.Element == "NotResource");
        }).ToList();
        return applying.Any(s => s.Effect == "Deny") ? ExplicitDeny : applying.Count > 0 ? Allowed : ImplicitDeny;
    }

    static Regex? NaiveRegex(string pattern, string clientId, string? thing, bool generous)
    {
        var regex = new StringBuilder();
        foreach (Match token in Regex.Matches(pattern, @"\$\{[^}]*\}|.", RegexOptions.Singleline))
        {
            switch (token.Value)
            {
                case "*": regex.Append(".*"); break;
                case "?": regex.Append('.'); break;
                case "${*}": regex.Append(@"\*"); break;
                case ['$', '{', ..]:
                    var value = token.Value.Contains("ClientId", StringComparison.Ordinal) ? clientId : token.Value.Contains("ThingName", StringComparison.Ordinal) ? thing : null;
                    var usable = value is not null && !value.Any(c => "*?$+#/".Contains(c, StringComparison.Ordinal));
                    if (!usable && !generous) return null;
                    regex.Append(usable ? Regex.Escape(value!) : ".*");
                    break;
                default: regex.Append(Regex.Escape(token.Value)); break;
            }
        }

        return new Regex($"^(?:{regex})\\z", RegexOptions.Singleline | RegexOptions.CultureInvariant);
    }

    static PolicyContext Everything(string identity) => new()
    {
        Region = "us-east-1",
        AccountId = "123456789012",
        ClientId = identity,
        ThingName = identity,
        ThingTypeName = identity,
        ThingAttributes = new Dictionary<string, string> { ["a"] = identity },
        DomainName = identity,
        IsAttached = true,
    };
}
