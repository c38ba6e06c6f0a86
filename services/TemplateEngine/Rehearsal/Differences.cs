using System.Globalization;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>Two renderings for one device, place by place.</summary>
static class Differences
{
    /// <returns>Every place where they differ, in ordinal order; none when they are the same.</returns>
    public static IReadOnlyList<Difference> Between(Rendering before, Rendering after)
    {
        var (old, @new) = (Flatten(before), Flatten(after));
        return [.. old.Keys.Union(@new.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(path => new Difference { Path = path, Before = old.GetValueOrDefault(path), After = @new.GetValueOrDefault(path) })
            .Where(difference => difference.Before != difference.After)];
    }

    static Dictionary<string, string> Flatten(Rendering rendering)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        if (rendering.Resources is not { } resources)
        {
            places["refused"] = $"{rendering.Refusal!.Code}: {rendering.Refusal.Detail}";
            return places;
        }

        places["certificate.status"] = resources.CertificateStatus.ToString();
        if (resources.ExclusiveThing) places["certificate.exclusive"] = "true";
        if (resources.Thing is { } thing) Flatten(thing, places);
        for (var i = 0; i < resources.Policies.Count; i++)
            places[string.Create(CultureInfo.InvariantCulture, $"policies[{i}]")] = resources.Policies[i].PolicyName ?? resources.Policies[i].PolicyDocument!;
        foreach (var (name, value) in resources.DeviceConfiguration) places[$"deviceConfiguration.{name}"] = value;
        return places;
    }

    static void Flatten(ThingToApply thing, Dictionary<string, string> places)
    {
        places["thing.name"] = thing.ThingName;
        if (thing.ThingTypeName is { } type) places["thing.type"] = type;
        if (thing.BillingGroup is { } billing) places["thing.billingGroup"] = billing;
        if (thing.ThingGroups is { } groups) places["thing.groups"] = string.Join(", ", groups.Order(StringComparer.Ordinal));
        foreach (var (name, value) in thing.Attributes ?? new Dictionary<string, string>()) places[$"thing.attributes.{name}"] = value;
        if (thing.Attributes is { Count: 0 }) places["thing.attributes"] = "empty";
        places["thing.override"] = $"attributes {thing.OverrideAttributes}, type {thing.OverrideThingType}, groups {thing.OverrideThingGroups}";
    }
}
