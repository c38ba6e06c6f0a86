using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FleetPlatform.Cli.Factory;

/// <summary>The input of a bulk registration: JSON lines as AWS takes them, or a CSV whose columns are the parameters.</summary>
static class ParameterLines
{
    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One JSON object for each device.</summary>
    public static IReadOnlyList<string> Read(string path)
    {
        if (!File.Exists(path)) throw new CommandFailedException($"There is no file {path}.", "Name a file of JSON lines, or a CSV whose columns are the template's parameters.");
        var text = File.ReadAllText(path);
        if (text.AsSpan().TrimStart() is ['{', ..]) return [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

        var rows = Csv.Read(text).ToArray();
        return rows.Length < 2
            ? throw new CommandFailedException($"{path} has no devices.", "Write one JSON object a line, or a CSV with a line of parameter names.")
            : [.. rows.Skip(1).Select(row => new JsonObject(rows[0].Zip(row, (name, value) => KeyValuePair.Create<string, JsonNode?>(name.Trim(), value))).ToJsonString(Json))];
    }

    /// <summary>Parts that fit into one request each.</summary>
    public static IEnumerable<IReadOnlyList<string>> Parts(IReadOnlyList<string> lines) => Portions.Of(lines, line => line.Length);
}
