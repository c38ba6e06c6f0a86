using System.Runtime.CompilerServices;

namespace FleetPlatform.Contracts.Tests;

/// <summary>Files that tests hold against the code. With <c>FLEET_UPDATE_GOLDEN=1</c> they are written instead; review the difference.</summary>
static class Repository
{
    static readonly bool Update = Environment.GetEnvironmentVariable("FLEET_UPDATE_GOLDEN") == "1";

    public static string Golden { get; } = Path.Combine(Here(), "Golden");
    public static string Docs { get; } = Path.GetFullPath(Path.Combine(Here(), "../../docs"));

    public static void Hold(string path, string expected)
    {
        if (Update)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
        }

        File.Exists(path).ShouldBeTrue($"{path} is missing; FLEET_UPDATE_GOLDEN=1 writes it.");
        File.ReadAllText(path).ShouldBe(expected, $"{path} differs; FLEET_UPDATE_GOLDEN=1 writes it, if the change was meant.");
    }

    static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
