using System.Text.RegularExpressions;

namespace FleetPlatform.Architecture;

/// <summary>docs/limits.md says what the code says: every option it names exists and has that default, and none of the gateway's and the broker's limits is missing.</summary>
public sealed partial class LimitsTests
{
    // Heading of the table, file of the options, and whether every limit of the file has to be in the table.
    static readonly (string Heading, string File, bool Whole)[] Tables =
    [
        ("MQTT gateway, section `MqttGateway`", "services/MqttGateway/GatewayOptions.cs", true),
        ("MQTT broker, section `MqttBroker` of the gateway", "libraries/Mqtt/Broker/MqttBrokerOptions.cs", true),
        ("TLS of devices, section `MqttTls` of the gateway", "libraries/Mqtt/Transport/MqttTlsLimits.cs", true),
        ("CBOR bodies (library)", "libraries/Cbor/CborLimits.cs", true),
        ("Certificate authority, section `CertificateAuthority`", "services/CertificateAuthority/CertificateAuthorityOptions.cs", false),
        ("Template engine, section `TemplateEngine`", "services/TemplateEngine/TemplateEngineOptions.cs", false),
        ("Pre-provisioning hooks, section `PreProvisioningHook` of the template engine", "services/TemplateEngine/Hooks/HookOptions.cs", false),
        ("Thing registry, section `ThingRegistry`", "services/ThingRegistry/ThingRegistryOptions.cs", false),
        ("Rotation scheduler, section `RotationScheduler`", "services/RotationScheduler/RotationSchedulerOptions.cs", false),
        ("Revocation, section `Revocation`", "services/Revocation/RevocationOptions.cs", false),
        ("Control plane, section `ControlPlane`", "services/ControlPlane/ControlPlaneOptions.cs", false),
        ("Messaging of every service, section `Messaging`", "ServiceDefaults/Messaging/MessagingOptions.cs", false),
        ("Storage of every service, section `Storage`", "ServiceDefaults/Storage/StorageOptions.cs", false),
        ("Event store (library)", "libraries/EventStore/EventStoreOptions.cs", false),
    ];

    [Fact]
    public void Every_option_in_the_table_exists_and_has_that_default() =>
        (from table in Tables
         let options = Options(table.File)
         from row in Rows(table.Heading)
         where !options.TryGetValue(row.Name, out var value) || Plain(value) != Plain(row.Default)
         select $"{table.Heading}: {row.Name} is {row.Default} in docs/limits.md and {(options.GetValueOrDefault(row.Name) ?? "nothing")} in {table.File}").ShouldBeEmpty();

    [Fact]
    public void Every_limit_of_the_gateway_is_in_its_table() =>
        (from table in Tables
         where table.Whole
         let rows = Rows(table.Heading).Select(row => row.Name).ToHashSet(StringComparer.Ordinal)
         from option in Options(table.File)
         where LooksLikeALimit().IsMatch(option.Value) && !rows.Contains(option.Key)
         select $"{table.File}: {option.Key} is not in docs/limits.md").ShouldBeEmpty();

    [Fact]
    public void Every_table_of_options_is_held_to_the_code() =>
        Page().Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..])
            .Except(Tables.Select(table => table.Heading)).ShouldBe(["Of the wire, fixed"]);

    static string[] Page() => File.ReadAllLines(Path.Combine(Repository.Root, "docs", "limits.md"));

    static IEnumerable<(string Name, string Default)> Rows(string heading) =>
        Page().SkipWhile(line => line != "## " + heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Select(line => Row().Match(line)).Where(row => row.Success).Select(row => (row.Groups[1].Value, row.Groups[2].Value));

    static Dictionary<string, string> Options(string file) =>
        File.ReadAllLines(Path.Combine(Repository.Root, file)).Select(line => Option().Match(line)).Where(option => option.Success)
            .GroupBy(option => option.Groups[2].Value).ToDictionary(group => group.Key, group => Default(group.First()), StringComparer.Ordinal);

    static string Default(Match option) => option.Groups[3].Value is { Length: > 0 } given ? given : option.Groups[1].Value == "bool" ? "false" : "none";

    // "TimeSpan.FromSeconds(3)" and "3 seconds", "8_192" and "8,192", null and "none" are the same.
    static string Plain(string value)
    {
        var text = Span().Replace(value, span => $"{span.Groups[2].Value} {span.Groups[1].Value.ToUpperInvariant()}").Replace("_", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);
        text = text.Replace("Environment.ProcessorCount", "processors", StringComparison.Ordinal).ToUpperInvariant();
        text = Unit().Replace(text, unit => unit.Value == " MS" ? " MILLISECONDS" : " SECONDS");
        return text is "[]" or "\"\"" or "NULL" || text.StartsWith("NEW DICTIONARY", StringComparison.Ordinal) ? "NONE" : text;
    }

    [GeneratedRegex(@"^\| `(\w+)` \| ([^|]*?) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^    public (?:required )?([\w<>\[\]\?\., ]+) (\w+) \{ get; (?:(?:init|set); )?\}(?: = (.*);)?$")]
    private static partial Regex Option();

    [GeneratedRegex(@"TimeSpan\.From(\w+)\((.*)\)")]
    private static partial Regex Span();

    [GeneratedRegex(@" (MS|S)$")]
    private static partial Regex Unit();

    // Numbers and times; names, addresses and folders are not limits. A port is an address.
    [GeneratedRegex(@"^(TimeSpan|\d(?!883$))")]
    private static partial Regex LooksLikeALimit();
}
