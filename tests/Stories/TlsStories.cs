using System.Security.Cryptography.X509Certificates;
using System.Text;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>TLS as the gateway runs it, seen by openssl.</summary>
public sealed class TlsStories(Platform platform)
{
    const string Accepted = " \u0002\0\0"; // CONNACK of MQTT 3.1.1

    /// <summary>peers.md 3.2: what a device may do is looked at with each connection, and so is that it holds its key. Each openssl takes part in a full handshake.</summary>
    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_session_is_never_resumed(string version)
    {
        var device = await platform.ProvisionsDevice("full-handshake");
        var folder = Directory.CreateTempSubdirectory("stories-").FullName;
        await File.WriteAllTextAsync($"{folder}/cert.pem", device.Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync($"{folder}/key.pem", device.PrivateKeyPem);

        var first = await Connects(device, folder, version, $"-sess_out {folder}/session");
        first.ShouldContain("New, TLS");
        first.ShouldContain(Accepted);
        // It was given a number, which says that OpenSSL's state is shared among connections; naming it brings nothing.
        if (version == "-tls1_2") first.ShouldMatch("Session-ID: [0-9A-F]{64}");
        File.Exists($"{folder}/session").ShouldBe(version == "-tls1_2", "TLS 1.3 resumes by tickets alone");

        var second = await Connects(device, folder, version, version == "-tls1_2" ? $"-sess_in {folder}/session" : "");
        second.ShouldContain("New, TLS");
        second.ShouldContain(Accepted);
        Directory.Delete(folder, recursive: true);
    }

    // Connects and takes its leave; what openssl saw of it.
    async Task<string> Connects(ProvisionedDevice device, string folder, string version, string session)
    {
        var name = Encoding.UTF8.GetBytes(device.ThingName);
        byte[] packets = [0x10, (byte)(12 + name.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, (byte)name.Length, .. name, 0xE0, 0];
        await File.WriteAllBytesAsync($"{folder}/packets", packets);
        var openssl = await Command.Run("bash",
            ["-c", $"openssl s_client -connect {platform.Endpoints.MqttHost}:{platform.Endpoints.MqttPort} {version} -cert {folder}/cert.pem -key {folder}/key.pem -ign_eof {session} < {folder}/packets"]);
        return openssl.Output;
    }
}
