using FleetPlatform.TemplateEngine.Claims;

namespace FleetPlatform.TemplateEngine.Tests.Claims;

public class ParameterRulesTests
{
    static readonly TemplateEngineOptions Options = new();

    [Fact]
    public void Broken_text_and_control_characters_are_refused_and_recorded_harmlessly()
    {
        foreach (var value in (string[])[new(['a', '\ud800']), new(['\udc00', '\ud800']), "a\u0000b", "a\u009bb"])
        {
            Dictionary<string, string> parameters = new() { ["p"] = value };

            ParameterRules.Check(parameters, Options)!.Code.ShouldBe("invalid-parameters");
            ParameterRules.Recorded(parameters, Options)["p"].ShouldNotContain(letter => char.IsControl(letter) || char.IsSurrogate(letter));
        }
    }

    [Fact]
    public void Text_beyond_the_basic_plane_is_text() =>
        ParameterRules.Check(new Dictionary<string, string> { ["ключ"] = "🛰" }, Options).ShouldBeNull();

    [Fact]
    public void What_is_recorded_is_short()
    {
        var recorded = ParameterRules.Recorded(Enumerable.Range(0, 500).ToDictionary(number => $"{number}", _ => new string('v', 4096)), Options);

        recorded.Count.ShouldBe(64);
        recorded.Values.ShouldAllBe(value => value.Length == 129);
    }

    [Fact]
    public void A_cut_does_not_split_a_character() => ParameterRules.Cut(new string('a', 127) + "🛰x", 128).ShouldBe(new string('a', 127) + "…");

    [Fact]
    public void A_refusal_budget_renews_with_the_minute()
    {
        var clock = new Clock();
        var budget = new RefusalBudget(new() { RecordedRefusalsPerMinute = 2 }, clock);

        bool[] first = [budget.TrySpend("a"), budget.TrySpend("a"), budget.TrySpend("a"), budget.TrySpend("b")];
        clock.Now += TimeSpan.FromMinutes(1);

        first.ShouldBe([true, true, false, true]);
        budget.TrySpend("a").ShouldBeTrue();
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
