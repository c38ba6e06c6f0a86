using System.Globalization;
using FsCheck;

namespace FleetPlatform.ThingRegistry.Groups;

public sealed class ThingQueryTests
{
    static readonly ThingFacts Lock = new("lock-0042", "lock", new Dictionary<string, string> { ["model"] = "L1", ["batch"] = "12", ["site"] = "eu/berlin", ["version"] = "1.4.2" }, ["beta"]);

    [Theory]
    [InlineData("thingName:lock-0042", true)]
    [InlineData("thingName:lock*", true)]
    [InlineData("thingName:*42", true)]
    [InlineData("thingName:l*-*2", true)]
    [InlineData("thingName:lock-004?", true)]
    [InlineData("thingName:lock", false)]
    [InlineData("thingName:Lock*", false)]
    [InlineData("thingName:\"lock*\"", false)]
    [InlineData("thingName:lock\\*", false)]
    [InlineData("thingTypeName:lock AND attributes.model:L1", true)]
    [InlineData("thingTypeName:lock attributes.model:L2", false)]
    [InlineData("attributes.model:L2 OR attributes.batch:12", true)]
    [InlineData("NOT attributes.model:L2", true)]
    [InlineData("-attributes.model:L1", false)]
    [InlineData("NOT attributes.colour:red", true)]
    [InlineData("attributes.colour:*", false)]
    [InlineData("thingName:x OR thingTypeName:lock AND NOT (attributes.model:L2 OR attributes.model:L3)", true)]
    [InlineData("(thingName:x OR thingTypeName:lock) AND attributes.model:L2", false)]
    [InlineData("attributes.batch:[9 TO 12]", true)]
    [InlineData("attributes.batch:[9 TO 12}", false)]
    [InlineData("attributes.batch:{* TO 100]", true)]
    [InlineData("attributes.batch>9", true)]
    [InlineData("attributes.batch >= 12.0", true)]
    [InlineData("attributes.batch<12", false)]
    [InlineData("attributes.model>9", false)]
    [InlineData("attributes.model:[L0 TO L2]", true)]
    [InlineData("attributes.site:eu/*", true)]
    [InlineData("attributes.site:\"eu/berlin\"", true)]
    [InlineData("thingGroupNames:beta", true)]
    public void A_thing_is_found_by_what_it_is(string query, bool found) => Parse(query).Matches(Lock).ShouldBe(found);

    [Theory]
    [InlineData("", "Character 1: a term is missing.")]
    [InlineData("thingName:", "Character 11: a value is missing.")]
    [InlineData("lock", "Character 1: there is no field \"lock\"; known are thingName, thingTypeName, thingGroupNames and attributes.NAME.")]
    [InlineData("connectivity.connected:true", "Character 1: there is no field \"connectivity.connected\"; known are thingName, thingTypeName, thingGroupNames and attributes.NAME.")]
    [InlineData("thingName", "Character 10: a colon and a value are missing after \"thingName\".")]
    [InlineData("(thingName:a", "Character 13: a closing parenthesis is missing.")]
    [InlineData("thingName:a)", "Character 12: here something stands that belongs to nothing.")]
    [InlineData("thingName:a AND", "Character 16: a term is missing.")]
    [InlineData("thingName:\"a", "Character 13: a closing quote is missing.")]
    [InlineData("attributes.n:[1 2]", "Character 17: a range is written [from TO to].")]
    [InlineData("thingName:a OR thingName:b OR thingName:c OR thingName:d", "Character 46: a query has at most 3 terms.")]
    public void A_mistake_is_told_with_its_place(string query, string message) =>
        Should.Throw<QuerySyntaxException>(() => ThingQueryParser.Parse(query, maximumTerms: 3)).Message.ShouldBe(message);

    /// <summary>Whatever is typed is a query or a mistake that is told.</summary>
    [Fact]
    public void No_text_does_anything_else() => Prop.ForAll(Texts, text =>
    {
        try
        {
            ThingQueryParser.Parse(text, 20).Matches(Lock);
        }
        catch (QuerySyntaxException)
        {
            // told
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll(Queries, query => Write(Parse(Write(query))) == Write(query)).QuickCheckThrowOnFailure();

    [Fact]
    public void Not_and_and_or_mean_what_they_mean() => Prop.ForAll(Queries, Queries, (left, right) =>
    {
        var (l, r) = (left.Matches(Lock), right.Matches(Lock));
        return Parse($"({Write(left)}) AND ({Write(right)})").Matches(Lock) == (l && r)
            && Parse($"({Write(left)}) OR ({Write(right)})").Matches(Lock) == (l || r)
            && Parse($"NOT ({Write(left)})").Matches(Lock) == !l;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Wildcards_match_as_an_obvious_matcher_does() => Prop.ForAll(Word.ToArbitrary(), Word.ToArbitrary(), (pattern, value) =>
        Parse($"thingName:x{pattern}").Matches(Lock with { Name = $"x{value}" }) == Matches($"x{pattern}", $"x{value}")).QuickCheckThrowOnFailure();

    static Gen<string> Word => Gen.Elements('a', 'b', '*', '?').ArrayOf().Select(characters => new string(characters));

    static Arbitrary<string> Texts => Gen.Elements("thingName", "attributes.a", ":", "*", "(", ")", "[", "]", "{", "}", " TO ", " AND ", " OR ", "NOT ", "-", "\"", "\\", "a", " ", ">", "<=", "9", "\u0000", "ä")
        .ArrayOf().Select(parts => string.Concat(parts)).ToArbitrary();

    static Arbitrary<ThingQuery> Queries => Gen.Sized(size => Query(Math.Min(size, 4))).ToArbitrary();

    static Gen<ThingQuery> Query(int depth)
    {
        var field = Gen.Elements("thingName", "thingTypeName", "thingGroupNames", "attributes.model", "attributes.batch").Select(name => QueryField.Parse(name)!);
        var text = Gen.Elements("lock", "L1", "12", "9", "beta", "lock-0042");
        var term = field.SelectMany(name => text.Select(value => (ThingQuery)new HasValue(name, new([value]))));
        var range = field.SelectMany(name => text.SelectMany(from => text.Select(to => (ThingQuery)new InRange(name, from, true, to, false))));
        if (depth == 0) return Gen.OneOf(term, range);
        var inner = Query(depth - 1);
        return Gen.OneOf(term, range, inner.Select(part => (ThingQuery)new NotThat(part)),
            inner.SelectMany(one => inner.Select(two => (ThingQuery)new AllOf([one, two]))), inner.SelectMany(one => inner.Select(two => (ThingQuery)new AnyOf([one, two]))));
    }

    static ThingQuery Parse(string query) => ThingQueryParser.Parse(query, maximumTerms: 1000);

    static string Write(ThingQuery query) => query switch
    {
        AllOf all => string.Join(" AND ", all.Parts.Select(part => $"({Write(part)})")),
        AnyOf any => string.Join(" OR ", any.Parts.Select(part => $"({Write(part)})")),
        NotThat not => $"NOT ({Write(not.Part)})",
        HasValue has => string.Create(CultureInfo.InvariantCulture, $"{has.Field.Name}:{string.Join('*', has.Value.Pieces)}"),
        InRange range => $"{range.Field.Name}:{(range.FromIncluded ? '[' : '{')}{range.From ?? "*"} TO {range.To ?? "*"}{(range.ToIncluded ? ']' : '}')}",
        _ => throw new ArgumentOutOfRangeException(nameof(query)),
    };

    static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> value) => pattern switch
    {
        [] => value.IsEmpty,
        ['*', .. var rest] => Matches(rest, value) || (!value.IsEmpty && Matches(pattern, value[1..])),
        ['?', .. var rest] => !value.IsEmpty && Matches(rest, value[1..]),
        [var c, .. var rest] => !value.IsEmpty && value[0] == c && Matches(rest, value[1..]),
    };
}
