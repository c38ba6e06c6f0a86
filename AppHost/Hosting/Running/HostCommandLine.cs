using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Running;

/// <summary>The options of the host: a misspelt one, or a value that means nothing, is refused before anything starts.</summary>
static class HostCommandLine
{
    static readonly Option[] Options =
    [
        new("fleet-directory", "DIR", "where everything is kept; usually .fleet in the repository"),
        new("bind", "ADDRESS", "who may connect to MQTT and to lists: 127.0.0.1 (this machine), an address of this machine, 0.0.0.0 or :: (all)", value => IPAddress.TryParse(value, out _)),
        new("mqtt-port", "N", "usually 8883; 0 for any that is free", IsPort),
        new("pki-port", "N", "revocation lists, OCSP and the transparency log; usually 8880; 0 for any that is free", IsPort),
        new("control-plane-port", "N", "the REST API; usually any that is free", IsPort),
        new("ports", "dynamic", "any that are free, for all that is not named", value => value == "dynamic"),
        new("host-names", "NAME,…", "what devices call the MQTT endpoint, the first being the endpoint's name; in its certificate"),
        new("pki-host-name", "NAME", "where certificates say that lists and OCSP are; usually the first of the host names"),
        new("account-id", "DIGITS", "the 12 digits of the account, as in ARNs; usually 123456789012", value => value.Length == 12 && value.All(char.IsAsciiDigit)),
        new("region", "NAME", "the region, as in ARNs; usually us-east-1"),
        new("servers", "SOURCE", "automatic, container or native: where PostgreSQL and RabbitMQ come from", value => Enum.TryParse<ServerSource>(value, ignoreCase: true, out _) && char.IsAsciiLetter(value[0])),
        new("postgres-programs", "DIR", "folder of PostgreSQL's programs"),
        new("rabbitmq-programs", "DIR", "folder of RabbitMQ's programs"),
        new("console", "quiet", "what services print goes to their log files only", value => value is "quiet" or "all"),
        new("publisher", "manifest", "runs nothing and writes the manifest of the graph", value => value == "manifest"),
        new("output-path", "FILE", "where to, from the folder AppHost"),
    ];

    public static string Help
    {
        get
        {
            var text = new StringBuilder("Options:\n");
            foreach (var option in Options) text.Append(CultureInfo.InvariantCulture, $"  --{option.Name + ' ' + option.Takes,-28} {option.Meaning}\n");
            return text.Append("ConnectionStrings__postgres and ConnectionStrings__bus in the environment name servers that run already.").ToString();
        }
    }

    /// <exception cref="DistributedApplicationException">An option is unknown, or its value means nothing; the message says which, and what is right.</exception>
    public static void Check(IReadOnlyList<string> words)
    {
        for (var next = 0; next < words.Count; next++)
        {
            var (name, value) = words[next].Split('=', 2) is [var before, var after] ? (before, after) : (words[next], null);
            var option = Options.FirstOrDefault(option => string.Equals($"--{option.Name}", name, StringComparison.OrdinalIgnoreCase));
            if (option is null && !IsConfiguration(name)) throw new DistributedApplicationException($"There is no option '{name}'. {Help}"); // without its value, which may be a secret
            if (value is null && (++next == words.Count || words[next].StartsWith("--", StringComparison.Ordinal))) throw new DistributedApplicationException($"{name} needs a value.");
            value ??= words[next];
            option?.Check(value);
        }
    }

    /// <summary>The value of an option, which configuration may give as well as the command line; null when neither does.</summary>
    /// <exception cref="DistributedApplicationException">The value means nothing.</exception>
    public static string? Read(IConfiguration configuration, string name)
    {
        if (configuration[name] is not { } value) return null;
        Options.Single(option => option.Name == name).Check(value);
        return value;
    }

    // What the environment may say as variables: ConnectionStrings:postgres, Parameters:…, OTEL_EXPORTER_OTLP_ENDPOINT.
    static bool IsConfiguration(string name) =>
        name.StartsWith("--", StringComparison.Ordinal)
        && (name.Contains(':', StringComparison.Ordinal) || name.StartsWith("--OTEL_", StringComparison.Ordinal) || name.StartsWith("--ASPIRE_", StringComparison.Ordinal));

    static bool IsPort(string value) => ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    sealed record Option(string Name, string Takes, string Meaning, Func<string, bool>? Accepts = null)
    {
        public void Check(string value)
        {
            if (value.Length == 0 || Accepts?.Invoke(value) == false) throw new DistributedApplicationException($"--{Name} does not take '{value}'. It takes {Takes}: {Meaning}.");
        }
    }
}
