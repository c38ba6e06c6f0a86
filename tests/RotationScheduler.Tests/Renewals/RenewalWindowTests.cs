using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.RotationScheduler.Renewals;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.RotationScheduler.Tests.Renewals;

public sealed class RenewalWindowTests
{
    static readonly DateTimeOffset Birth = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static RenewalRule Rule(RenewalPolicy policy) => RenewalRule.Of(policy);

    [Fact]
    public void Thirty_days_before_expiry_is_the_default_and_jitter_only_makes_it_earlier()
    {
        var expiry = Birth.AddDays(365);
        var due = RenewalWindow.DueAt(Rule(new() { Scope = "default" }), new('f', 64), Birth, expiry);

        RenewalWindow.LatestAt(Rule(new() { Scope = "default" }), Birth, expiry).ShouldBe(expiry.AddDays(-30));
        (expiry.AddDays(-30) - due).TotalDays.ShouldBe(365 * 0.05, tolerance: 0.01);
        RenewalWindow.DueAt(Rule(new() { Scope = "default" }), new('0', 64), Birth, expiry).ShouldBe(expiry.AddDays(-30));
    }

    [Fact]
    public void A_share_of_the_lifetime_may_be_asked_for_and_short_lives_are_renewed_at_two_thirds()
    {
        RenewalWindow.LatestAt(Rule(new() { Scope = "default", LifetimeShare = 0.5 }), Birth, Birth.AddDays(100)).ShouldBe(Birth.AddDays(50));
        RenewalWindow.LatestAt(Rule(new() { Scope = "default" }), Birth, Birth.AddDays(9)).ShouldBe(Birth.AddDays(6));
    }

    [Fact]
    public void Whatever_the_rule_a_renewal_falls_into_its_window_and_before_the_expiry() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<bool>(), (salt, size, byShare) =>
        {
            var validity = TimeSpan.FromHours(1 + (Math.Abs((long)size) % 100_000));
            var rule = Rule(new() { Scope = "default", DaysBefore = 1 + (salt.Length % 300), LifetimeShare = byShare ? 0.1 + (0.85 * (salt.Length % 10) / 10) : null, Jitter = 0.05 + (salt.Length % 4 / 10.0) });
            var id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(salt));
            var (due, latest) = (RenewalWindow.DueAt(rule, id, Birth, Birth + validity), RenewalWindow.LatestAt(rule, Birth, Birth + validity));

            return due >= Birth && due <= latest && latest < Birth + validity && latest - due <= validity * rule.Jitter
                && due == RenewalWindow.DueAt(rule, id, Birth, Birth + validity);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_thousand_certificates_of_one_day_are_spread_over_the_jitter()
    {
        var rule = Rule(new() { Scope = "default" });
        var due = Enumerable.Range(0, 1000)
            .Select(n => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(n))))
            .Select(id => RenewalWindow.DueAt(rule, id, Birth, Birth.AddDays(400))).ToArray();

        (due.Max() - due.Min()).TotalDays.ShouldBeInRange(19, 20);
        due.GroupBy(at => at.Date).Max(day => day.Count()).ShouldBeLessThan(90);
    }

    [Theory]
    [InlineData("02:00-05:00", "2026-11-22T02:00:00Z", true)]
    [InlineData("02:00-05:00", "2026-11-22T05:00:00Z", false)]
    [InlineData("Sat,Sun 02:00-05:00", "2026-11-22T03:00:00Z", true)] // a Sunday
    [InlineData("Sat,Sun 02:00-05:00", "2026-11-23T03:00:00Z", false)]
    [InlineData("Sun 22:00-04:00", "2026-11-23T03:00:00Z", true)] // over midnight: it began on Sunday
    [InlineData("Mon 22:00-04:00", "2026-11-23T03:00:00Z", false)]
    public void A_maintenance_window_is_open_on_its_days(string window, string now, bool open) =>
        MaintenanceWindow.AnyOpen([window], DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(open);

    [Theory]
    [InlineData("")]
    [InlineData("25:00-26:00")]
    [InlineData("02:00-02:00")]
    [InlineData("Someday 02:00-03:00")]
    [InlineData("2-3")]
    public void What_is_no_window_is_refused(string window) =>
        RenewalRule.Refuse(new() { Scope = "default", Windows = [window] })!.Code.ShouldBe("invalid-request");

    [Theory]
    [InlineData("default", true)]
    [InlineData("group/eu-west", true)]
    [InlineData("template/birth", true)]
    [InlineData("group/", false)]
    [InlineData("group/a/b", false)]
    [InlineData("everything", false)]
    public void A_scope_is_default_or_a_group_or_a_template(string scope, bool valid) =>
        (RenewalRule.Refuse(new() { Scope = scope }) is null).ShouldBe(valid);

    [Fact]
    public void Jitter_below_five_percent_is_refused() =>
        RenewalRule.Refuse(new() { Scope = "default", Jitter = 0.04 })!.Detail.ShouldContain("0.05");

    [Fact]
    public void A_groups_policy_outranks_a_templates_and_that_the_default()
    {
        var rules = ((string[])["default", "template/birth", "group/eu"]).ToDictionary(scope => scope, scope => Rule(new() { Scope = scope }));

        RenewalRules.Of(rules, ["eu", "asia"], "birth")!.Scope.ShouldBe("group/eu");
        RenewalRules.Of(rules, ["asia"], "birth")!.Scope.ShouldBe("template/birth");
        RenewalRules.Of(rules, [], "other")!.Scope.ShouldBe("default");
        RenewalRules.Of(new Dictionary<string, RenewalRule>(), ["eu"], "birth").ShouldBeNull();
    }

    [Fact]
    public void Setting_the_same_policy_twice_records_once()
    {
        var policy = new RenewalPolicy { Scope = "group/eu", Windows = ["02:00-05:00"] };
        var first = SetRenewalPolicy.Decide(policy, Renewal.Initial, Birth);

        SetRenewalPolicy.Decide(policy, Renewal.Initial.Evolve(first.Events[0]), Birth).Events.ShouldBeEmpty();
        SetRenewalPolicy.Decide(policy with { Windows = [] }, Renewal.Initial.Evolve(first.Events[0]), Birth).Events.ShouldNotBeEmpty();
    }
}
