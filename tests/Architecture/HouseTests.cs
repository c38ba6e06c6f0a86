using System.Text.RegularExpressions;

namespace FleetPlatform.Architecture;

public sealed partial class HouseTests
{
    const int MaximumFileLines = 300;
    const int MaximumMethodLines = 70;
    static readonly string[] Production = ["AppHost", "ServiceDefaults", "services", "libraries", "tools"];

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold() =>
        Repository.Sources(Production)
            .Where(file => file.Lines.Length > MaximumFileLines)
            .Select(file => $"{file.Path}: {file.Lines.Length} lines")
            .ShouldBeEmpty();

    [Fact]
    public void No_method_is_longer_than_a_screen() =>
        Repository.Sources(Production)
            .SelectMany(file => Methods.In(file).Where(method => method.Lines > MaximumMethodLines).Select(method => $"{file.Path}:{method.FirstLine}: {method.Lines} lines"))
            .ShouldBeEmpty();

    [Fact]
    public void Services_make_nothing_public() =>
        Offences(["services"], PublicType()).ShouldBeEmpty();

    [Fact]
    public void Rules_take_the_time_as_an_argument() =>
        Offences(["services", "libraries", "ServiceDefaults", "tools"], AmbientClock()).ShouldBeEmpty();

    [Fact]
    public void Tests_wait_for_conditions_and_never_sleep() =>
        Offences(["tests"], Sleep()).Where(offence => !Polls(offence)).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_for_later_without_an_issue() =>
        Offences(Production, NakedTodo()).ShouldBeEmpty();

    [Fact]
    public void Names_say_what_a_thing_is() =>
        Offences(Production, VagueName()).ShouldBeEmpty();

    [Fact]
    public void Log_lines_are_declared_in_one_place_of_each_service() =>
        Repository.Sources("services")
            .Where(file => file.Lines.Any(line => line.Contains("[LoggerMessage", StringComparison.Ordinal)))
            .Where(file => Path.GetFileName(file.Path) != "Log.cs")
            .Select(file => file.Path)
            .ShouldBeEmpty();

    // Servers that the kits start are waited for where they are started.
    static bool Polls(string offence) =>
        offence.StartsWith("tests/PostgresKit/", StringComparison.Ordinal) || offence.StartsWith("tests/RabbitKit/", StringComparison.Ordinal);

    static IEnumerable<string> Offences(string[] folders, Regex pattern) =>
        from file in Repository.Sources(folders)
        from number in Enumerable.Range(1, file.Lines.Length)
        let line = file.Lines[number - 1]
        where pattern.IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        select $"{file.Path}:{number}: {line.Trim()}";

    [GeneratedRegex(@"^\s*public (sealed |static |abstract |partial |readonly )*(class|record|struct|interface|enum) ")]
    private static partial Regex PublicType();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b")]
    private static partial Regex AmbientClock();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay\((TimeSpan\.From\w+\()?\d")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b(?!\(#\d+\))|NotImplementedException")]
    private static partial Regex NakedTodo();

    [GeneratedRegex(@"\b(class|record|struct|interface) \w*(Manager|Helper|Helpers|Utils?|Processor|Dto|Impl)\b")]
    private static partial Regex VagueName();
}
