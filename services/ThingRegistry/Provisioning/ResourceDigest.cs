using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>
/// Tells whether a question is the same as the one that was answered: SHA-256 over everything that decides about resources, in one
/// order. Flow, connection and template version are not part of it, because a device that asks again may do so over another.
/// </summary>
static class ResourceDigest
{
    public static string Of(Command command)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartArray();
            json.WriteStringValue(command.TemplateName);
            json.WriteNumberValue((int)command.CertificateStatus);
            json.WriteBooleanValue(command.ExclusiveThing);
            if (command.Thing is { } thing) Write(json, thing);
            else json.WriteNullValue();
            foreach (var name in command.Policies.Select(policy => policy.PolicyName is { } name ? $"n{name}" : $"d{policy.PolicyDocument}").Order(StringComparer.Ordinal))
                json.WriteStringValue(name);
            json.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }

    static void Write(Utf8JsonWriter json, ThingToApply thing)
    {
        json.WriteStartArray();
        json.WriteStringValue(thing.ThingName);
        json.WriteStringValue(thing.ThingTypeName);
        json.WriteStringValue(thing.BillingGroup);
        json.WriteNumberValue((int)thing.OverrideAttributes);
        json.WriteNumberValue((int)thing.OverrideThingType);
        json.WriteNumberValue((int)thing.OverrideThingGroups);
        json.WriteStartObject();
        // None and empty are alike here: they differ only in what REPLACE does to a thing that exists already.
        foreach (var (name, value) in (thing.Attributes ?? AttributeRules.None).OrderBy(attribute => attribute.Key, StringComparer.Ordinal)) json.WriteString(name, value);
        json.WriteEndObject();
        foreach (var group in (thing.ThingGroups ?? []).Order(StringComparer.Ordinal)) json.WriteStringValue(group);
        json.WriteEndArray();
    }
}
