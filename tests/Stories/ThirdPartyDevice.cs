using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>What a factory flashed, as files in a folder, and other people's programs that use them.</summary>
sealed class ThirdPartyDevice
{
    static readonly string Clients = Path.Combine(Repository.Root, "tests", "clients");
    readonly Platform _platform;
    readonly string _folder;
    readonly bool _ownKey;

    ThirdPartyDevice(Platform platform, string serial, string folder, bool ownKey) =>
        (_platform, Serial, _folder, _ownKey) = (platform, serial, folder, ownKey);

    public string Serial { get; }

    public static async Task<ThirdPartyDevice> Make(Platform platform, string serial, CreatedCertificate claim, bool ownKey)
    {
        var folder = Directory.CreateDirectory(Path.Combine(platform.Fleet.Directory, "devices", serial)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "claim.pem"), claim.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(folder, "claim.key"), claim.PrivateKeyPem);
        if (ownKey)
        {
            using var key = KeyPair.CreateEcdsaP256();
            await File.WriteAllTextAsync(Path.Combine(folder, "device.csr"), key.CreateSigningRequest(serial));
            await File.WriteAllTextAsync(Path.Combine(folder, "device.key"), key.PrivateKeyPem);
        }

        return new(platform, serial, folder, ownKey);
    }

    public async Task<JsonObject> RunNode(string script, Action<JsonObject>? set = null) =>
        Outcome(await Command.Run("node", [Path.Combine(Clients, script), Settings(set)], directory: Clients));

    public async Task<JsonObject> RunPython(string script, Action<JsonObject>? set = null) =>
        Outcome(await Command.Run("/usr/bin/python3", [Path.Combine(Clients, script), Settings(set)], directory: Clients));

    /// <summary>Runs mosquitto_pub or mosquitto_sub as a provisioned device.</summary>
    public async Task<CommandResult> Mosquitto(string program, ProvisionedDevice device, params string[] arguments)
    {
        var certificate = Path.Combine(_folder, $"{device.CertificateId}.pem");
        var key = Path.ChangeExtension(certificate, ".key");
        await File.WriteAllTextAsync(certificate, device.Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(key, device.PrivateKeyPem);
        return await Mosquitto(program, device.ThingName, certificate, key, arguments);
    }

    /// <summary>Asks as mosquitto_rr does, with the claim: subscribes to the answer and publishes the request, on one connection.</summary>
    public async Task<JsonObject> MosquittoAsks(string topic, string body)
    {
        var answer = await Mosquitto("mosquitto_rr", $"claim-{Serial}", Path.Combine(_folder, "claim.pem"), Path.Combine(_folder, "claim.key"),
            "-t", topic, "-e", $"{topic}/accepted", "-m", body, "-q", "1", "-W", "20");
        return JsonNode.Parse(answer.Succeeded().Output)!.AsObject();
    }

    Task<CommandResult> Mosquitto(string program, string clientId, string certificate, string key, params string[] arguments) => Command.Run(program,
    [
        "-h", _platform.Endpoints.MqttHost, "-p", $"{_platform.Endpoints.MqttPort}",
        "--cafile", _platform.Endpoints.RootCa, "--cert", certificate, "--key", key,
        "-i", clientId, .. arguments,
    ]);

    string Settings(Action<JsonObject>? set)
    {
        var settings = new JsonObject
        {
            ["host"] = _platform.Endpoints.MqttHost,
            ["port"] = _platform.Endpoints.MqttPort,
            ["ca"] = _platform.Endpoints.RootCa,
            ["cert"] = Path.Combine(_folder, "claim.pem"),
            ["key"] = Path.Combine(_folder, "claim.key"),
            ["template"] = Platform.Template,
            ["serial"] = Serial,
        };
        if (_ownKey)
        {
            settings["csr"] = Path.Combine(_folder, "device.csr");
            settings["csrKey"] = Path.Combine(_folder, "device.key");
        }

        set?.Invoke(settings);
        return settings.ToJsonString();
    }

    // The last line printed is the outcome; whatever a library prints comes before it.
    static JsonObject Outcome(CommandResult result) =>
        JsonNode.Parse(result.Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!.AsObject();
}
