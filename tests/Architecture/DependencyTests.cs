namespace FleetPlatform.Architecture;

public sealed class DependencyTests
{
    static readonly ProjectFile[] Projects = [.. Repository.Projects()];

    [Fact]
    public void Services_see_libraries_and_service_defaults_and_never_each_other() =>
        Breaches("services/", reference => !reference.StartsWith("libraries/", StringComparison.Ordinal) && reference != "ServiceDefaults").ShouldBeEmpty();

    [Fact]
    public void Libraries_see_only_libraries() =>
        Breaches("libraries/", reference => !reference.StartsWith("libraries/", StringComparison.Ordinal)).ShouldBeEmpty();

    [Fact]
    public void Contracts_see_nothing_of_ours() =>
        Breaches("libraries/Contracts", _ => true).ShouldBeEmpty();

    [Fact]
    public void Mqtt_and_the_event_store_do_not_know_each_other()
    {
        Breaches("libraries/Mqtt", _ => true).ShouldBeEmpty();
        Breaches("libraries/EventStore", _ => true).ShouldBeEmpty();
    }

    [Fact]
    public void Devices_and_the_command_line_reach_services_only_over_the_wire() =>
        Breaches("tools/", reference => reference.StartsWith("services/", StringComparison.Ordinal) || reference == "ServiceDefaults").ShouldBeEmpty();

    [Fact]
    public void Only_the_transport_of_mqtt_mentions_kestrel() =>
        Repository.Sources("libraries/Mqtt")
            .Where(file => !file.Path.Contains("/Transport/", StringComparison.Ordinal))
            .Where(file => file.Lines.Any(line => line.Contains("Microsoft.AspNetCore", StringComparison.Ordinal)))
            .Select(file => file.Path)
            .ShouldBeEmpty();

    [Fact]
    public void Every_service_and_library_has_its_tests()
    {
        var tested = Projects.Where(project => project.Folder.StartsWith("tests/", StringComparison.Ordinal)).Select(project => project.Folder).ToHashSet(StringComparer.Ordinal);
        Projects.Select(project => project.Folder)
            .Where(folder => folder.StartsWith("services/", StringComparison.Ordinal) || folder.StartsWith("libraries/", StringComparison.Ordinal))
            .Where(folder => !tested.Contains($"tests/{Path.GetFileName(folder)}.Tests"))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "FleetPlatform.sln")).Replace('\\', '/');
        Projects.Select(project => project.Path).Where(path => !solution.Contains(path, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    static IEnumerable<string> Breaches(string folder, Func<string, bool> forbidden) =>
        from project in Projects
        where project.Folder.StartsWith(folder, StringComparison.Ordinal)
        from reference in project.References
        where forbidden(reference)
        select $"{project.Path} sees {reference}";
}
