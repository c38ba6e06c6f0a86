using System.Text.RegularExpressions;

namespace FleetPlatform.Mqtt.Tests;

/// <summary>The table in docs/mqtt-conformance.md claims exactly what the code cites.</summary>
public partial class ConformanceTests
{
    [GeneratedRegex(@"\[(MQTT-\d[-.]\d+\.\d+-\d+)\]")]
    private static partial Regex Statement();

    [Fact]
    public void Every_cited_statement_is_in_the_table_and_nothing_else_is()
    {
        var root = Root();
        var cited = Directory.EnumerateFiles(Path.Combine(root, "libraries", "Mqtt"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Statement().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value).Distinct().Order();
        var claimed = File.ReadLines(Path.Combine(root, "docs", "mqtt-conformance.md"))
            .Where(line => line.StartsWith("| MQTT-", StringComparison.Ordinal))
            .Select(line => line.Split('|')[1].Trim()).Distinct().Order();
        claimed.ShouldBe(cited);
    }

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "FleetPlatform.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
