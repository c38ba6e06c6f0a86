using System.Text.Json.Nodes;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Mqtt;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

public sealed class HierarchyStories(Platform platform)
{
    static CancellationToken None => CancellationToken.None;

    [Fact] // peers 3.2 case 38
    public async Task The_issuing_authority_rolls_over_under_live_sessions_and_nobody_notices()
    {
        var old = await platform.ProvisionsDevice("roll-old");
        await using var session = await platform.Connects(old);
        var (id, certificate) = await RollOver.To(platform, "Roll-over CA", old.Certificate);

        var next = await platform.ProvisionsDevice("roll-new");
        next.Certificate.Issuer.ShouldContain("Roll-over CA");
        old.Certificate.Issuer.ShouldNotContain("Roll-over CA");
        await using var second = await platform.Connects(next);
        await session.Publish($"devices/{old.ThingName}/still-here", "1"u8.ToArray(), QoS.AtLeastOnce);
        session.Closed.IsCompleted.ShouldBeFalse("the session began before and goes on");
        await using var again = await platform.Connects(old);
        (await Verifies(next, certificate)).ShouldContain("OK");
        await TellsOfItsOwn(next, old);

        var issuers = await platform.Operator.ListIssuers(None);
        issuers.Single(issuer => issuer["issuerId"]!.GetValue<string>() == id)["state"]!.GetValue<string>().ShouldBe("SIGNING");
        await platform.Operator.AssignSigning("issuing-1", [], None); // and back: the other stories know the first one
        (await platform.ProvisionsDevice("roll-back")).Certificate.Issuer.ShouldContain("Issuing CA 1");
    }

    [Fact]
    public async Task A_ceremony_makes_what_openssl_verifies_and_gives_the_service_only_the_intermediates_key()
    {
        var folder = Directory.CreateTempSubdirectory("ceremony-").FullName;
        var constraints = NameConstraints.Permit(["plant.example"]);
        Ceremony.Init(folder, "Plant", "root passphrase", "service passphrase", IssuerKeyType.EcdsaP384, constraints, "http://pki.plant.example", DateTimeOffset.UtcNow);

        var service = Path.Combine(folder, "service");
        Directory.GetFiles(service).Select(Path.GetFileName).ShouldBe(["issuing-key.pem", "issuing.pem", "root-ca.pem", "root-list.pem"], ignoreOrder: true);
        string[] check = ["verify", "-x509_strict", "-crl_check_all", "-CAfile", Path.Combine(folder, "root-ca.pem"), "-CRLfile", Path.Combine(folder, "list.pem"), Path.Combine(service, "issuing.pem")];
        File.Copy(Path.Combine(service, "root-list.pem"), Path.Combine(folder, "list.pem"));
        (await Command.Run("openssl", check)).Succeeded();
        var issuing = await File.ReadAllTextAsync(Path.Combine(service, "issuing.pem"), None);
        CertificateText.ReadPem(issuing).RevocationListUrl!.ShouldStartWith("http://pki.plant.example/roots/");
        await File.WriteAllTextAsync(Path.Combine(folder, "list.pem"), Ceremony.CutList(await File.ReadAllTextAsync(Path.Combine(folder, "root-ca.pem"), None), Path.Combine(folder, "root-key.pem"),
            "root passphrase", await File.ReadAllTextAsync(Path.Combine(folder, "root-list.pem"), None), [(issuing, 2)], TimeSpan.FromDays(30), DateTimeOffset.UtcNow), None);
        (await Command.Run("openssl", check)).Errors.ShouldContain("certificate revoked");
        (await Command.Run("openssl", ["x509", "-in", Path.Combine(service, "issuing.pem"), "-noout", "-text"])).Succeeded().Output.ShouldContain("DNS:plant.example");
        (await Command.Run("openssl", ["pkey", "-in", Path.Combine(folder, "root-key.pem"), "-passin", "pass:root passphrase", "-noout"])).Succeeded();
        (await Command.Run("openssl", ["pkey", "-in", Path.Combine(folder, "root-key.pem"), "-passin", "pass:service passphrase", "-noout"])).ExitCode.ShouldNotBe(0);
        Directory.Delete(folder, recursive: true);
    }

    // The lists and the responder of the second authority, beside those of the first.
    async Task TellsOfItsOwn(ProvisionedDevice next, ProvisionedDevice old)
    {
        var list = CertificateText.Read(next.Certificate.RawData).RevocationListUrl.ShouldNotBeNull();
        list.ShouldNotStartWith(CertificateText.Read(old.Certificate.RawData).RevocationListUrl![..^6]);
        await Eventually.Holds(() => Openssl.Finds(next, "good", listed: false));
        var order = new JsonObject { ["selector"] = new JsonObject { ["certificate"] = next.CertificateId }, ["reason"] = "superseded", ["waitMilliseconds"] = 15_000 };
        (await platform.Operator.Revocation(order, None))["receipt"]!.AsArray().Select(place => place!["place"]!.GetValue<string>()).ShouldContain("crl");
        await Eventually.Holds(() => Openssl.Finds(next, "revoked", listed: true));
        await Openssl.Finds(old, "good", listed: false);
    }

    // The lists' base URL, as certificates here name it.
    async Task<string> Verifies(ProvisionedDevice device, string issuing)
    {
        var folder = Directory.CreateTempSubdirectory("roll-over-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "issuing.pem"), issuing, None);
        await File.WriteAllTextAsync(Path.Combine(folder, "leaf.pem"), device.Certificate.ExportCertificatePem(), None);
        var outcome = await Command.Run("openssl", ["verify", "-x509_strict", "-CAfile", platform.Endpoints.RootCa, "-untrusted", Path.Combine(folder, "issuing.pem"), Path.Combine(folder, "leaf.pem")]);
        Directory.Delete(folder, recursive: true);
        return outcome.Succeeded().Output;
    }
}
