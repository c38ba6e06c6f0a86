using System.Globalization;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Device;

/// <summary>The command line of <c>provision</c> and <c>operate</c>.</summary>
sealed class ProvisionArguments
{
    public const string Usage = """
        provision: makes a factory-fresh device operational, or says why not.
        operate:   the same, if that is still to be done; then stays connected and rotates when it is told to, or when its certificate nears its end.

          --host NAME            MQTT endpoint (required)
          --port NUMBER          default 8883
          --root-ca FILE         PEM of the roots the server must lead to (required)
          --template NAME        provisioning template (required)
          --store FOLDER         the device's slots: "Claim Cert TLS", "Claim Priv TLS Key", … (required)
          --claim-cert FILE      put this claim certificate into its slot first, as the factory does
          --claim-key FILE       and its key
          --parameter NAME=VALUE for the template; as often as needed
          --client-id ID         once provisioned; default: the thing's name
          --format json|cbor     default json
          --key p256|rsa|server  who makes the key; default p256
          --mqtt 3.1.1|5         default 3.1.1
          --tls 1.2|1.3          default both
          --alpn NAME            for example x-amzn-mqtt-ca
          --attempts NUMBER      tries of what may pass; default 5
          --timeout SECONDS      for connections and answers; default 10 and 5

        operate only:
          --renew-days NUMBER    renew unasked so many days before the certificate expires; default 30
          --pushed-pairs accept|decline  pairs that come with the command; default decline
        """;

    static readonly string[] Known =
    [
        "host", "port", "root-ca", "template", "store", "claim-cert", "claim-key", "parameter", "client-id", "format", "key", "mqtt", "tls", "alpn",
        "attempts", "timeout", "renew-days", "pushed-pairs",
    ];

    readonly ILookup<string, string> _values;

    ProvisionArguments(ILookup<string, string> values) => _values = values;

    /// <exception cref="FormatException">Says which argument is wrong.</exception>
    public static ProvisionArguments Parse(IReadOnlyList<string> args)
    {
        var values = new List<(string Name, string Value)>();
        for (var i = 0; i < args.Count; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || !Known.Contains(args[i][2..])) throw new FormatException($"{args[i]} is not known.");
            if (i + 1 == args.Count) throw new FormatException($"{args[i]} needs a value.");
            values.Add((args[i][2..], args[i + 1]));
        }

        return new(values.ToLookup(value => value.Name, value => value.Value, StringComparer.Ordinal));
    }

    public string Store => Required("store");

    /// <summary>The claim to put in first; null when the slots have it.</summary>
    public Credential? Claim() => (Optional("claim-cert"), Optional("claim-key")) switch
    {
        (null, null) => null,
        ({ } certificate, { } key) => new Credential(File.ReadAllText(certificate), File.ReadAllText(key)),
        _ => throw new FormatException("--claim-cert and --claim-key come together."),
    };

    public DeviceOptions Options()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(Required("root-ca"));
        var timeout = Optional("timeout") is { } seconds ? TimeSpan.FromSeconds(Number(seconds, "timeout")) : (TimeSpan?)null;
        return new DeviceOptions
        {
            Host = Required("host"),
            Port = Number(Optional("port") ?? "8883", "port"),
            Roots = roots,
            TemplateName = Required("template"),
            Parameters = _values["parameter"].Select(Parameter).ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal),
            ClientId = Optional("client-id"),
            Format = OneOf("format", ("json", PayloadFormat.Json), ("cbor", PayloadFormat.Cbor)),
            Key = OneOf("key", ("p256", KeyOrigin.DeviceEcdsaP256), ("rsa", KeyOrigin.DeviceRsa2048), ("server", KeyOrigin.Server)),
            Version = OneOf("mqtt", ("3.1.1", ProtocolVersion.V311), ("5", ProtocolVersion.V500)),
            Tls = OneOf("tls", ("", SslProtocols.Tls12 | SslProtocols.Tls13), ("1.2", SslProtocols.Tls12), ("1.3", SslProtocols.Tls13)),
            ApplicationProtocols = [.. _values["alpn"]],
            ConnectTimeout = timeout ?? TimeSpan.FromSeconds(10),
            AnswerTimeout = timeout ?? TimeSpan.FromSeconds(5),
            Retry = new() { Attempts = Number(Optional("attempts") ?? "5", "attempts") },
            RenewBefore = TimeSpan.FromDays(Number(Optional("renew-days") ?? "30", "renew-days")),
            AcceptsPushedPairs = OneOf("pushed-pairs", ("decline", false), ("accept", true)),
        };
    }

    /// <summary>The first is the default.</summary>
    T OneOf<T>(string name, params (string Text, T Value)[] choices) where T : struct
    {
        if (Optional(name) is not { } text) return choices[0].Value;
        foreach (var (choice, value) in choices)
            if (choice == text && choice.Length > 0) return value;
        throw new FormatException($"--{name} is {string.Join(" or ", choices.Select(choice => choice.Text).Where(choice => choice.Length > 0))}.");
    }

    string Required(string name) => Optional(name) ?? throw new FormatException($"--{name} is required.");

    string? Optional(string name) => _values[name].LastOrDefault();

    static (string Name, string Value) Parameter(string text) => text.IndexOf('=', StringComparison.Ordinal) is var at and > 0
        ? (text[..at], text[(at + 1)..])
        : throw new FormatException($"--parameter {text}: write NAME=VALUE.");

    static int Number(string text, string name) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number
        : throw new FormatException($"--{name} is a number above 0.");
}
