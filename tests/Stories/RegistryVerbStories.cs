using FleetPlatform.Pki;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>What a template names has to exist: the verbs that make it, and that show what a device became (docs/operator.md).</summary>
public sealed class RegistryVerbStories(Platform platform) : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-registry-").FullName;

    [Fact]
    public async Task Types_groups_billing_groups_and_policies_are_made_by_verbs_for_a_device_that_needs_them()
    {
        var serial = platform.NewSerial("VERB");
        var (type, cost, region, city, policy) = ($"type-{serial}", $"cost-{serial}", $"region-{serial}", $"city-{serial}", $"policy-{serial}");
        var document = Path.Combine(_folder, "policy.json");
        File.WriteAllText(document, """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]}""");

        await Run("policy", "create", policy, "--file", document);
        await Run("type", "create", type, "--searchable", "model");
        await Run("billing", "create", cost, "--description", "Berlin");
        await Run("group", "create", region);
        await Run("group", "create", city, "--parent", region);
        await Run("device", "create", serial, "--out", Path.Combine(_folder, "device"), "--type", type, "--attributes", "model=L1", "--policy", policy);
        var certificate = CertificateId.Of(Pem.ReadCertificate(File.ReadAllText(Path.Combine(_folder, "device", "device.cert.pem"))));
        (await Run("policy", "test", certificate, "--may", $"connect:{serial}", "--client-id", serial)).ShouldContain($"by {policy}");
        var denied = await platform.Fleet.Run("policy", "test", certificate, "--may", "publish:a/b");
        (denied.ExitCode, denied.Output.Contains("IMPLICIT_DENY", StringComparison.Ordinal)).ShouldBe((1, true));
        (await Run("policy", "effective", certificate)).ShouldContain("iot:Connect");
        await Run("group", "add", city, serial);
        await Run("billing", "add", cost, serial);
        await Run("policy", "attach", policy, "--to", $"group:{region}");

        (await Run("group", "show", region, "--recursive")).ShouldContain(serial);
        (await Run("group", "list", "--in", region)).ShouldBe($"{city}\n");
        var thing = await Run("thing", "show", serial);
        foreach (var fact in new[] { type, cost, city, "model=L1", "ACTIVE" }) thing.ShouldContain(fact);

        await Run("type", "deprecate", type);
        (await Run("type", "show", type)).ShouldContain("deprecated");
        (await platform.Fleet.Run("type", "delete", type)).Output.ShouldContain("after it was deprecated");
        (await platform.Fleet.Run("group", "delete", region)).Output.ShouldContain("Groups are inside");
        await Run("group", "delete", city);
        await Eventually.Holds(async () => (await Run("thing", "show", serial)).ShouldNotContain(city));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<string> Run(params string[] arguments) => (await platform.Fleet.Run(arguments)).Succeeded().Output;
}
