using System.CommandLine;
using FleetPlatform.Cli.Commands;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Contracts;

namespace FleetPlatform.Cli.Factory;

/// <summary>The options that <c>fleet device</c> and <c>fleet factory</c> share: what a device is registered with.</summary>
static class LineOptions
{
    const string DefaultPolicy = "fleet-device";

    public static readonly Option<string?> Template = new("--template")
    {
        Description = "A provisioning template decides name, groups and policies; the serial number is one of its parameters.",
    };

    public static readonly Option<string> SerialParameter = new("--serial-parameter")
    {
        Description = "With --template: the parameter that takes the serial number.",
        DefaultValueFactory = _ => "SerialNumber",
    };

    public static readonly Option<string[]> Policy = new("--policy")
    {
        Description = $"Policy to attach, again for more (default: {DefaultPolicy}, which is made when missing: own client id, own topics under devices/).",
    };

    public static readonly Option<string[]> Attributes = new("--attributes")
    {
        Description = "Attributes of the thing, name=value; with --template: further parameters.",
        AllowMultipleArgumentsPerToken = true,
    };

    public static readonly Option<string?> Type = new("--type") { Description = "Thing type; it must exist." };

    public static readonly Option<KeyType> Key = new("--key-type") { Description = "p256 or rsa2048.", DefaultValueFactory = _ => KeyType.P256 };

    public static readonly Option<string> Reprovisioning = new("--reprovisioning")
    {
        Description = "For a thing that has a certificate already: refuse, keep (both work) or replace (the old one is set INACTIVE).",
        DefaultValueFactory = _ => "refuse",
    };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[Template, SerialParameter, Policy, Attributes, Type, Reprovisioning]) command.Options.Add(option);
    }

    /// <summary>Reads the options; makes the default policy when nothing else says what a device may do.</summary>
    public static async Task<DirectRegistration> Read(ParseResult parsed, ControlPlaneClient controlPlane, CancellationToken cancellation)
    {
        var (template, policies) = (parsed.GetValue(Template), parsed.GetValue(Policy) ?? []);
        if (template is not null && (policies.Length > 0 || parsed.GetValue(Type) is not null))
            throw new CommandFailedException("A template decides policies and thing type itself.", "Leave --policy and --type out, or --template.");
        if (template is null && policies.Length == 0)
        {
            await controlPlane.CreatePolicy(DefaultPolicy, ExamplePolicies.Device(controlPlane.Arns), cancellation);
            policies = [DefaultPolicy];
        }

        return new()
        {
            Template = template,
            SerialParameter = parsed.GetValue(SerialParameter)!,
            Policies = policies,
            Attributes = (parsed.GetValue(Attributes) ?? []).Select(Pair).ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal),
            ThingType = parsed.GetValue(Type),
            Reprovisioning = parsed.GetValue(Reprovisioning)!,
        };
    }

    /// <summary>What to do about a device that was refused with this code.</summary>
    public static string Remedy(string code) => code == Reasons.AlreadyProvisioned.Code
        ? "Give --reprovisioning keep or replace, or, with --template, set the template's own: ./fleet template reprovisioning."
        : Reasons.Of(code).Remedy;

    static (string Name, string Value) Pair(string text) => text.Split('=', 2) is [{ Length: > 0 } name, var value]
        ? (name, value)
        : throw new CommandFailedException($"\"{text}\" is no name=value.", "Write for example --attributes version=v1 line=7.");
}
