using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FleetPlatform.TemplateEngine.Tests;

/// <summary>Files beside the tests that hold what must come out. FLEET_UPDATE_GOLDEN=1 rewrites them; the diff is then to be read.</summary>
static class Golden
{
    static readonly bool Update = Environment.GetEnvironmentVariable("FLEET_UPDATE_GOLDEN") == "1";

    public static JsonSerializerOptions Json { get; } = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Folder(string name) => Path.Combine(Path.GetDirectoryName(Here())!, name);

    static string Here([CallerFilePath] string here = "") => here;

    public static void Check(string file, string actual)
    {
        actual = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Update) File.WriteAllText(file, actual);
        actual.ShouldBe(File.ReadAllText(file).ReplaceLineEndings("\n"), Path.GetFileName(file));
    }
}
