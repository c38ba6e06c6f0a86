using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FleetPlatform.Cli.Factory;

namespace FleetPlatform.Cli.Tests.Factory;

public sealed class VendorManifestTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-vendor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_certificate_is_pem_base64_or_a_file()
    {
        var certificates = Enumerable.Range(1, 4).Select(number => ACertificate($"box-{number}")).ToArray();
        File.WriteAllText(Path.Combine(_folder, "three.pem"), Pem(certificates[2]));
        File.WriteAllBytes(Path.Combine(_folder, "four.der"), certificates[3]);

        var devices = Read("list.csv", $"Serial;MAC;Certificate\nSN1;aa;\"{Pem(certificates[0])}\"\nSN2;bb;{Convert.ToBase64String(certificates[1])}\nSN3;cc;three.pem\nSN4;dd;four.der\n");

        devices.ShouldAllBe(device => device.Fault == null);
        devices.Select(device => device.Serial).ShouldBe(["SN1", "SN2", "SN3", "SN4"]);
        devices.Select(device => device.Certificate).ShouldBe(certificates);
        devices[1].Columns.ShouldBe(new Dictionary<string, string> { ["MAC"] = "bb" });
    }

    [Theory]
    [InlineData("number,certificate\nSN1,x\n", "none is called serial")]
    [InlineData("serial,key\nSN1,x\n", "none is called certificate")]
    public void A_list_without_the_columns_that_it_needs_is_refused_whole(string text, string reason) =>
        Should.Throw<CommandFailedException>(() => Read("list.csv", text)).Message.ShouldContain(reason);

    [Fact]
    public void Json_is_an_array_or_an_object_a_line()
    {
        var (one, two) = (Pem(ACertificate("SN1")), Pem(ACertificate("SN2")));
        string[] items = [JsonSerializer.Serialize(new { serial = "SN1", certificatePem = one, line = 7 }), JsonSerializer.Serialize(new { serialNumber = "SN2", cert = two })];

        foreach (var text in (string[])[$"[{string.Join(',', items)}]", string.Join('\n', items)])
            Read("list.json", text).Select(device => (device.Serial, device.Fault?.Code)).ShouldBe([("SN1", null), ("SN2", null)]);
        Read("list.json", items[0])[0].Columns["line"].ShouldBe("7");
    }

    [Fact]
    public void A_folder_has_a_file_for_each_device()
    {
        foreach (var serial in (string[])["SN2", "SN1"]) File.WriteAllText(Path.Combine(_folder, $"{serial}.crt"), Pem(ACertificate($"box-{serial}")));
        File.WriteAllText(Path.Combine(_folder, "read.me"), "");

        VendorManifest.Read(_folder, byCommonName: false).Select(device => (device.Origin, device.Serial)).ShouldBe([("SN1.crt", "SN1"), ("SN2.crt", "SN2")]);
        VendorManifest.Read(_folder, byCommonName: true).Select(device => device.Serial).ShouldBe(["box-SN1", "box-SN2"]);
    }

    /// <summary>One bad record says what is wrong with it, and nothing of the others.</summary>
    [Fact]
    public void What_cannot_be_registered_is_told_by_record()
    {
        var (good, authority) = (Pem(ACertificate("SN1")), Pem(ACertificate("SN2", authority: true)));
        string[] lines =
        [
            $"SN1,\"{good}\"", $"SN1,\"{Pem(ACertificate("x"))}\"", $"SN3,\"{good}\"", $"a/b,\"{Pem(ACertificate("y"))}\"", "SN5,no certificate", $"SN6,\"{good}{good}\"", $"SN7,\"{authority}\"", "SN8,",
        ];

        Read("list.csv", $"serial,certificate\n{string.Join('\n', lines)}").Select(device => (device.Origin, device.Fault?.Code)).ShouldBe(
        [
            ("record 1", null), ("record 2", "already-exists"), ("record 3", "already-exists"), ("record 4", "unsafe-name"),
            ("record 5", "certificate-invalid"), ("record 6", "certificate-invalid"), ("record 7", "certificate-invalid"), ("record 8", "certificate-invalid"),
        ]);
    }

    [Theory]
    [InlineData("[1]"), InlineData("{"), InlineData("[[]]")]
    public void Other_json_is_refused_with_an_example(string text) =>
        Should.Throw<CommandFailedException>(() => Read("list.json", text)).Remedy.ShouldContain("certificate");

    [Fact]
    public void Portions_keep_order_and_lose_nothing()
    {
        var parts = Portions.Of(Enumerable.Range(0, 1000), number => number % 7 == 0 ? 60_000 : 10, maximumItems: 9).ToArray();

        parts.SelectMany(part => part).ShouldBe(Enumerable.Range(0, 1000));
        parts.ShouldAllBe(part => part.Count <= 9 && part.Count(number => number % 7 == 0) <= 1);
    }

    IReadOnlyList<VendorDevice> Read(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return VendorManifest.Read(path, byCommonName: false);
    }

    static string Pem(byte[] der) => Pki.Pem.WriteCertificate(der);

    static byte[] ACertificate(string name, bool authority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2046, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return certificate.RawData;
    }
}
