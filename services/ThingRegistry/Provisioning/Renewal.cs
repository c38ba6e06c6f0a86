using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>
/// A device gets its next certificate over a connection with its current one. Such a certificate may never reach another device's thing
/// (peers 3.2 case 10): it renews its own, or registers things that are new.
/// </summary>
static class Renewal
{
    /// <summary>How long gateways report which of the two certificates the device uses; longer than any rotation lasts.</summary>
    public static TimeSpan Watch { get; } = TimeSpan.FromDays(30);

    /// <summary>Why the asking certificate may not have these resources; null when it may.</summary>
    public static Refusal? Refuse(Command command, ProvisioningState state)
    {
        if (state.Asker?.Aggregate.Principal is not { Things.Count: > 0 } asker)
            return command.Renewal ? Refused("The connection's certificate belongs to no thing: a claim provisions, it does not renew.") : null;
        if (command.Thing is not { } thing || !state.Thing.Exists) return command.Renewal ? Refused("The thing does not exist any more.") : null;
        if (asker.Status != PrincipalStatus.Active) return Refused("The connection's certificate is not active any more.");
        if (command.CertificateId == command.Flow.PrincipalId) return Refused("A certificate does not renew itself.");
        if (!asker.Things.Any(attached => IsThing(attached, thing.ThingName, state.Thing)))
            return Refused($"The connection's certificate does not belong to thing {thing.ThingName}.");
        return command.Renewal && asker.Things.Count > 1
            ? Refused("The connection's certificate belongs to several things; it is renewed by an operator.")
            : null;
    }

    /// <summary>True when the asking certificate gets itself a successor. To be asked of what is not refused.</summary>
    public static bool Is(Command command, ProvisioningState state) =>
        command.Thing is not null && state.Thing.Exists && state.Asker?.Aggregate.Principal is { Things.Count: > 0 };

    /// <summary>The new certificate beside the old: same thing, same policies, same template in its history.</summary>
    public static ProvisioningPlan Plan(Command command, ProvisioningState state, string digest, DateTimeOffset now)
    {
        var asker = state.Asker!.Aggregate.Principal;
        return new()
        {
            Thing = [new CertificateAttached(command.CertificateId, now)],
            Principal = new(PrincipalStatus.Active, command.Flow.FlowId, asker.Provisioned?.TemplateName ?? command.TemplateName,
                command.TemplateVersion, digest, asker.Things[0], asker.Policies, now, command.Flow.PrincipalId, now + Watch),
            Renewed = new(command.CertificateId, now + Watch, now),
        };
    }

    static bool IsThing(AttachedThing attached, string name, Thing thing) => attached.ThingName == name && attached.ThingId == thing.Id;

    static Refusal Refused(string detail) => new(Reasons.RenewalRefused.Code, detail);
}
