using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace FleetPlatform.Cli;

/// <summary>Where a running platform is, as its host wrote it to <c>endpoints.json</c> in the fleet directory.</summary>
sealed record FleetEndpoints
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Host and port of the MQTT listener, for example <c>localhost:8883</c>.</summary>
    public required string Mqtt { get; init; }

    public required Uri ControlPlane { get; init; }

    /// <summary>Path of the root certificates that devices trust, PEM.</summary>
    public required string RootCa { get; init; }

    /// <summary>Path of the operator's credentials, an AWS shared-credentials file.</summary>
    public required string OperatorCredentials { get; init; }

    public required string Region { get; init; }
    public required string AccountId { get; init; }

    public string MqttHost => Mqtt[..Mqtt.LastIndexOf(':')].Trim('[', ']');

    public int MqttPort => int.Parse(Mqtt.AsSpan(Mqtt.LastIndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads the endpoints of the platform that runs from this fleet directory.</summary>
    /// <exception cref="CommandFailedException">No platform runs there.</exception>
    public static FleetEndpoints Read(string fleetDirectory)
    {
        var path = Path.Combine(fleetDirectory, "endpoints.json");
        if (!File.Exists(path))
            throw new CommandFailedException($"No platform is running from {Path.GetFullPath(fleetDirectory)}.", "Start it with ./fleet up, in another terminal.");

        return JsonSerializer.Deserialize<FleetEndpoints>(File.ReadAllText(path), Json)
            ?? throw new CommandFailedException($"{path} is empty.", "Restart the platform with ./fleet up.");
    }

    /// <summary>The roots that devices trust: two while the platform moves from one to another.</summary>
    public X509Certificate2Collection ReadRoots()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(RootCa);
        return roots;
    }

    /// <summary>The operator's access key id and secret, from the credentials file.</summary>
    public (string AccessKeyId, string SecretAccessKey) ReadCredentials()
    {
        var values = File.ReadAllLines(OperatorCredentials)
            .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return (values["aws_access_key_id"], values["aws_secret_access_key"]);
    }
}
