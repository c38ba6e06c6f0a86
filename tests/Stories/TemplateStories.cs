using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>The commands of docs/templates.md, as typed.</summary>
public sealed class TemplateStories(Platform platform) : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-template-").FullName;

    const string Body = """
        {
          "Parameters": {"SerialNumber": {"Type": "String"}},
          "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "SerialNumber"}}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "stories-device"}}
          },
          "DeviceConfiguration": {"topic": {"Fn::Sub": "locks/${SerialNumber}/state"}}
        }
        """;

    [Fact]
    public async Task A_template_is_rehearsed_before_it_is_trusted()
    {
        var (first, second) = (Write("lock.json", Body), Write("lock-2.json", Body.Replace("locks/", "doors/", StringComparison.Ordinal)));

        (await Run("validate", first)).Succeeded().Output.ShouldContain("devices send: SerialNumber");
        var wrong = await Run("validate", Write("wrong.json", Body.Replace("\"Ref\": \"SerialNumber\"", "\"Fn::Ref\": 1", StringComparison.Ordinal)));
        wrong.ExitCode.ShouldBe(1);
        wrong.Output.ShouldContain("wrong.json:4:");
        (await Run("create", "locks", "--file", first, "--enabled")).Succeeded();
        var rehearsed = (await Run("dry-run", "locks", "--parameters", "SerialNumber=SL000000042", "--may", "publish:devices/SL000000042/up", "publish:other")).Succeeded().Output;
        rehearsed.ShouldContain("thing SL000000042 is created");
        rehearsed.ShouldContain("ALLOWED       publish devices/SL000000042/up");
        rehearsed.ShouldContain("IMPLICIT_DENY publish other");

        await using (var claim = await platform.ConnectsWithClaim("locks-device", "locks"))
        {
            using var key = Pki.KeyPair.CreateEcdsaP256();
            var created = await claim.CreatesFromCsr(key.CreateSigningRequest("SL1"));
            (await claim.Registers("locks", created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", "SL1"))).Topic.ShouldEndWith("/accepted");
        }

        (await Run("add-version", "locks", "--file", second)).Succeeded().Output.ShouldContain("version 2");
        var diff = (await Run("diff", "locks", "--version", "2", "--against-recorded", "10000")).Succeeded().Output;
        diff.ShouldContain("1 registrations replayed");
        diff.ShouldContain("deviceConfiguration.topic: locks/SL1/state -> doors/SL1/state");
        (await Run("set-default", "locks", "2")).Succeeded();
        (await Run("reprovisioning", "locks", "replace")).Succeeded();
        (await Run("show", "locks")).Succeeded().Output.ShouldContain("reprovisioning replace");
        (await Run("disable", "locks")).Succeeded();
    }

    [Fact]
    public async Task A_claim_is_limited_watched_and_quarantined()
    {
        await platform.CreatesTemplate("budget");
        var claim = (await platform.Claim("budget")).CertificateId;
        (await Claims("limit", claim, "--registrations", "1", "--per-minute", "60")).Succeeded().Output.ShouldContain("0 of 1");
        (await Claims("allow", claim, Write("serials.txt", "B1\nB2\n"))).Succeeded().Output.ShouldContain("2 serial numbers may register");

        await using (var session = await platform.ConnectsWithClaim("budget-device", "budget"))
        {
            await Registers(session, "B9", "serial-not-allowed");
            await Registers(session, "B1", null);
            await Registers(session, "B2", "claim-budget-spent");
        }

        (await Claims("show", claim)).Succeeded().Output.ShouldContain("1 of 1");
        (await Claims("quarantine", claim, "--deactivate", "--reason", "key found in firmware")).Succeeded().Output.ShouldContain("1 certificates are INACTIVE");
        (await Claims("open", claim)).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_claim_is_made_for_a_template_that_exists_and_over_no_other()
    {
        await platform.CreatesTemplate("claimed");
        var folder = Path.Combine(_folder, "batch");

        (await Claims("--template", "claimd", "--output", folder)).Output.ShouldContain("There is no template \"claimd\".");
        (await Claims("--template", "claimed", "--output", folder)).Succeeded();
        var key = File.ReadAllText(Path.Combine(folder, "claim.key"));
        (await Claims("--template", "claimed", "--output", folder)).ExitCode.ShouldBe(1);
        File.ReadAllText(Path.Combine(folder, "claim.key")).ShouldBe(key);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static async Task Registers(Exchange session, string serial, string? reason)
    {
        using var key = Pki.KeyPair.CreateEcdsaP256();
        var created = await session.CreatesFromCsr(key.CreateSigningRequest(serial));
        var answer = await session.Registers("budget", created["certificateOwnershipToken"]!.GetValue<string>(), ("SerialNumber", serial));
        if (reason is null) answer.Topic.ShouldEndWith("/accepted", Case.Sensitive, answer.Body.ToJsonString());
        else answer.ShouldBeRejected(403, "AccessDenied", reason);
    }

    string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    Task<CommandResult> Run(params string[] arguments) => platform.Fleet.Run(["template", .. arguments]);

    Task<CommandResult> Claims(params string[] arguments) => platform.Fleet.Run(["claim", .. arguments]);
}
