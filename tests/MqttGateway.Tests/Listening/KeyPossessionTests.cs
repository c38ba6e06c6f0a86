using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.MqttGateway.Tests.Kit.Neighbours;

namespace FleetPlatform.MqttGateway.Tests.Listening;

/// <summary>A certificate is public; only its key lets anyone in.</summary>
public sealed class KeyPossessionTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest _gateway = fixture.Gateway;

    /// <summary>A thief has copied a device's certificate. Its key file names the device's public point, which is all that openssl compares, and signs with another scalar.</summary>
    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_certificate_without_its_key_does_not_get_through_the_handshake(string version)
    {
        var device = _gateway.Registered(Allow("*", "*"));
        using var failures = new Counted(_gateway, "fleet.gateway.tls_failures");
        using var own = device.Certificate.GetECDsaPrivateKey()!;
        using var others = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = own.ExportParameters(false).Q;

        await Connect(version, device, KeyFile(others.ExportParameters(true).D!, point), async () => await Eventually.Is(() => failures["KeyNotProved"] == 1));
        _gateway.Neighbours.Registry.Asked.ShouldNotContain(asked => asked.CertificateId == device.Id);
        (await _gateway.Get<IFlowSteps>().Find([device.Id], default)).ShouldBeEmpty();

        // The same words with the true scalar: nothing else was wrong.
        await Connect(version, device, KeyFile(own.ExportParameters(true).D!, point),
            async () => await Eventually.Is(() => _gateway.Neighbours.Registry.Asked.Any(asked => asked.CertificateId == device.Id)));
        failures["KeyNotProved"].ShouldBe(1);
    }

    [Fact]
    public async Task Handshakes_without_a_certificate_or_anything_in_common_are_counted_by_reason()
    {
        using var failures = new Counted(_gateway, "fleet.gateway.tls_failures");
        await OpenSsl(["-tls1_2"], async () => await Eventually.Is(() => failures["NoCertificate"] == 1));
        await OpenSsl(["-tls1_2", "-alpn", "http/1.1"], async () => await Eventually.Is(() => failures["NothingInCommon"] == 1));
    }

    async Task Connect(string version, TestCertificate device, string key, Func<Task> then)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-gateway-");
        try
        {
            await File.WriteAllTextAsync($"{folder}/cert.pem", device.Certificate.ExportCertificatePem());
            await File.WriteAllTextAsync($"{folder}/key.pem", key);
            await OpenSsl([version, "-cert", $"{folder}/cert.pem", "-key", $"{folder}/key.pem"], then);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Sends CONNECT over TLS as openssl speaks it, and leaves when the condition has come true.
    async Task OpenSsl(string[] arguments, Func<Task> then)
    {
        using var openssl = Process.Start(new ProcessStartInfo("openssl", ["s_client", "-connect", $"127.0.0.1:{_gateway.Port}", "-quiet", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        var (output, error) = (openssl.StandardOutput.ReadToEndAsync(), openssl.StandardError.ReadToEndAsync());
        try
        {
            await openssl.StandardInput.BaseStream.WriteAsync(Convert.FromHexString("100D00044D5154540402003C000161"));
            await openssl.StandardInput.BaseStream.FlushAsync();
        }
        catch (IOException)
        {
            // It has given up already.
        }

        try
        {
            await then();
        }
        catch (TimeoutException late)
        {
            openssl.Kill();
            throw new TimeoutException($"{late.Message}\n{await output}\n{await error}", late);
        }

        openssl.Kill();
        await openssl.WaitForExitAsync();
        await Task.WhenAll(output, error);
    }

    // RFC 5915.
    static string KeyFile(byte[] scalar, ECPoint point)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteOctetString(scalar);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteObjectIdentifier("1.2.840.10045.3.1.7");
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) writer.WriteBitString([0x04, .. point.X!, .. point.Y!]);
        }

        return PemEncoding.WriteString("EC PRIVATE KEY", writer.Encode());
    }
}
