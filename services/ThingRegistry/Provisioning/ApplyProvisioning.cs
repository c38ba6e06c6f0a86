using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>
/// Registers what a template rendered to: thing, certificate, policies and what joins them, all or nothing. Idempotent by certificate:
/// the same resources again are the same answer, other resources are a token that is used twice.
/// </summary>
static partial class ApplyProvisioning
{
    /// <param name="newThingId">The id the thing gets if it is new.</param>
    public static ProvisioningPlan Decide(Command command, ProvisioningState state, Guid newThingId, DateTimeOffset now)
    {
        if (Names.RefuseCertificateId(command.CertificateId) is { } badId) return badId;
        if (command.CertificateStatus is not (CertificateStatus.Active or CertificateStatus.Inactive))
            return new Refusal(Reasons.InvalidParameters.Code, "A template sets a certificate ACTIVE or INACTIVE.");

        var digest = ResourceDigest.Of(command);
        if (state.Principal.Provisioned is { } before)
            return before.Resources != digest
                ? new Refusal((command.Registered ? Reasons.ResourceConflict : Reasons.TokenReplayed).Code, "This certificate has been provisioned already, with other resources.")
                : before.Status == state.Principal.Status ? ProvisioningPlan.Nothing : NotPending(state.Principal);
        if (command.Registered)
        {
            if (RegisteredCertificate.Refuse(command, state.Principal) is { } no) return no;
            command = command with { CertificateStatus = RegisteredCertificate.StatusOf(command, state.Principal.Status) };
        }
        else if (state.Principal.Status is not (PrincipalStatus.Unknown or PrincipalStatus.PendingActivation))
        {
            return NotPending(state.Principal);
        }

        if (Renewal.Refuse(command, state) is { } foreign) return foreign;
        if (command.Renewal) return Renewal.Plan(command, state, digest, now);
        if (Renewal.Is(command, state)) command = command with { Reprovisioning = Reprovisioning.Keep }; // the old one ends when the new one is proven
        if ((RefuseReferences(command, state) ?? RefuseCertificate(command)) is { } missing) return missing;
        var policies = PlanPolicies(command, state, now);
        if (policies.Refusal is not null) return policies.Refusal;

        var thing = command.Thing is null ? Decision<ThingEvent>.Nothing : PlanThing(command, command.Thing, state, newThingId, now);
        if (thing.Refusal is not null) return thing.Refusal;

        var attached = command.Thing is null ? null : new AttachedThing(command.Thing.ThingName, state.Thing.Id ?? newThingId, command.ExclusiveThing);
        if (attached is not null && state.Principal.Things.FirstOrDefault(other => other.ThingName != attached.ThingName && (other.Exclusive || attached.Exclusive)) is { } other)
            return new Refusal(Reasons.ResourceConflict.Code, $"The certificate is attached to thing {other.ThingName}, and one of the two attachments is exclusive.");

        var renewed = Renewal.Is(command, state) ? new PrincipalRenewed(command.CertificateId, now + Renewal.Watch, now) : null;
        return new()
        {
            Thing = thing.Events,
            Policies = policies.Created,
            Old = [.. Replace(command, state, now)],
            Principal = new(command.CertificateStatus.ToRecorded(), command.Flow.FlowId, command.TemplateName, command.TemplateVersion,
                digest, attached, policies.Attached, now, renewed is null ? null : command.Flow.PrincipalId, renewed?.WatchUntil, command.Registered ? true : null,
                state.Principal.CertificatePem is null && command.CertificatePem is { } pem ? RegisteredCertificate.Read(pem) : null),
            Renewed = renewed,
        };
    }

    public static Refusal NotPending(Principal principal) => new(Reasons.CertificateNotPending.Code, principal.Status switch
    {
        PrincipalStatus.Revoked => "The certificate has been revoked.",
        PrincipalStatus.Inactive => "The certificate has been deactivated.",
        PrincipalStatus.Gone => "The certificate was deleted, or nobody registered it in time.",
        _ => "The certificate is registered already.",
    });

    // Nothing is kept under a name that is not its own.
    static Refusal? RefuseCertificate(Command command) =>
        command.CertificatePem is { } pem && (Pem.TryReadOnly(pem, Pem.Certificate) is not { } der || CertificateId.Of(der) != command.CertificateId)
            ? new(Reasons.CertificateInvalid.Code, $"The certificate that is given is not {command.CertificateId}.")
            : null;

    static Refusal? RefuseReferences(Command command, ProvisioningState state)
    {
        if (command.Thing is not { } thing) return null;
        if (Names.RefuseThingName(thing.ThingName, Reasons.UnsafeName.Code) is { } badName) return badName;
        if (thing.ThingTypeName is { } type && !state.ThingTypes.Contains(type) && state.Thing.TypeName != type)
            return new(Reasons.ResourceMissing.Code, $"Thing type {type} does not exist, or is deprecated.");
        if (thing.BillingGroup is { } billing && !state.BillingGroups.Contains(billing))
            return new(Reasons.ResourceMissing.Code, $"Billing group {billing} does not exist.");
        return thing.ThingGroups?.FirstOrDefault(group => !state.GroupPaths.ContainsKey(group)) is { } missing
            ? new(Reasons.ResourceMissing.Code, $"Thing group {missing} does not exist, or is dynamic: then a query says who is in it.")
            : null;
    }

    static (Refusal? Refusal, IReadOnlyList<AttachedPolicy> Attached, IReadOnlyList<(string, PolicyCreated)> Created) PlanPolicies(
        Command command, ProvisioningState state, DateTimeOffset now)
    {
        var attached = new List<AttachedPolicy>(command.Policies.Count);
        var created = new List<(string, PolicyCreated)>();
        foreach (var policy in command.Policies)
        {
            var name = ProvisioningReads.NameOf(policy);
            if (attached.Exists(other => other.PolicyName == name)) continue;

            var row = state.Policies.GetValueOrDefault(name);
            if (row is { Deleted: false })
            {
                attached.Add(new(name, row.Incarnation));
                continue;
            }

            if (policy.PolicyName is not null || policy.PolicyDocument is not { } document)
                return (new(Reasons.ResourceMissing.Code, $"Policy {name} does not exist."), [], []);
            if (DocumentRules.Refuse(document) is { } malformed) return (malformed, [], []);

            var incarnation = (row?.Incarnation ?? 0) + 1;
            created.Add((name, new(incarnation, document, now)));
            attached.Add(new(name, incarnation));
        }

        var others = state.Principal.Policies.Count(other => !attached.Exists(policy => policy.PolicyName == other.PolicyName));
        return attached.Count + others > Principal.MaximumPolicies
            ? (new(Reasons.LimitExceeded.Code, $"At most {Principal.MaximumPolicies} policies are attached to one certificate."), [], [])
            : (null, attached, created);
    }

    static Decision<ThingEvent> PlanThing(Command command, ThingToApply wanted, ProvisioningState state, Guid newThingId, DateTimeOffset now)
    {
        var (thing, groups) = (state.Thing, wanted.ThingGroups?.Distinct(StringComparer.Ordinal).ToArray());
        if (thing.Exists) return PlanExisting(command, wanted, thing, GroupsOf(wanted, thing, groups), state, now);

        var attributes = AttributeRules.Normalize(wanted.Attributes ?? AttributeRules.None);
        return Refuse(attributes, wanted.ThingTypeName, groups ?? [], state)
            ?? (Decision<ThingEvent>)new ThingRegistered(newThingId, wanted.ThingTypeName, wanted.BillingGroup, attributes, groups ?? [], command.CertificateId, now);
    }

    static Decision<ThingEvent> PlanExisting(
        Command command, ThingToApply wanted, Thing thing, IReadOnlyList<string> groups, ProvisioningState state, DateTimeOffset now)
    {
        if (ResourceOverride.Fail is var fail && (wanted.OverrideAttributes == fail || wanted.OverrideThingType == fail || wanted.OverrideThingGroups == fail))
            return new Refusal(Reasons.ResourceConflict.Code, $"Thing {wanted.ThingName} exists already, and the template says FAIL.");

        // A template that says REPLACE and names no type (or attributes, or groups) leaves them: it has nothing to replace them with.
        var type = wanted.OverrideThingType is ResourceOverride.Replace or ResourceOverride.Merge ? wanted.ThingTypeName ?? thing.TypeName : thing.TypeName;
        var attributes = (wanted.OverrideAttributes, wanted.Attributes) switch
        {
            (ResourceOverride.Replace, { } given) => AttributeRules.Normalize(given),
            (ResourceOverride.Merge, { } given) => AttributeRules.Merge(thing.Attributes, given),
            _ => thing.Attributes,
        };
        if (Refuse(attributes, type, groups, state) is { } refusal) return refusal;

        var old = thing.Certificates.Where(id => id != command.CertificateId).ToArray();
        if (old.Length > 0 && command.Reprovisioning == Reprovisioning.Refuse)
            return new Refusal(Reasons.AlreadyProvisioned.Code, $"Thing {wanted.ThingName} has a certificate already, and devices that come again are refused.");

        var events = new List<ThingEvent>();
        if (type != thing.TypeName || !AttributeRules.Same(attributes, thing.Attributes)) events.Add(new ThingUpdated(type, attributes, now));
        events.AddRange(thing.Groups.Except(groups, StringComparer.Ordinal).Select(left => new GroupLeft(left, now)));
        events.AddRange(groups.Except(thing.Groups, StringComparer.Ordinal).Select(joined => new GroupJoined(joined, now)));
        // Always appended, so that a delete of the thing in the same instant loses, or makes this decision be made again.
        events.Add(new CertificateAttached(command.CertificateId, now));
        if (old.Length > 0)
            events.Add(new ThingReprovisioned(command.Reprovisioning == Reprovisioning.Replace ? ReprovisioningDecision.Replaced : ReprovisioningDecision.Kept,
                command.CertificateId, old, command.TemplateName, now));
        return Decision<ThingEvent>.Of(events);
    }

    // Deactivated, not revoked: revoking is for what is compromised, and final. Who comes again with the old key is refused either way.
    static IEnumerable<(string, IReadOnlyList<PrincipalEvent>)> Replace(Command command, ProvisioningState state, DateTimeOffset now)
    {
        if (command.Reprovisioning != Reprovisioning.Replace || command.Thing is not { } thing) yield break;
        foreach (var (id, old) in state.Old)
        {
            var events = new List<PrincipalEvent>(2);
            if (old.Aggregate.Status is PrincipalStatus.Active or PrincipalStatus.PendingActivation) events.Add(new StatusChanged(PrincipalStatus.Inactive, now));
            if (old.Aggregate.Things.Any(attached => attached.ThingName == thing.ThingName)) events.Add(new ThingDetached(thing.ThingName, now));
            if (events.Count > 0) yield return (id, events);
        }
    }

    static IReadOnlyList<string> GroupsOf(ThingToApply wanted, Thing thing, string[]? groups) => (wanted.OverrideThingGroups, groups) switch
    {
        (ResourceOverride.Replace, { } given) => given,
        (ResourceOverride.Merge, { } given) => [.. thing.Groups.Union(given, StringComparer.Ordinal)],
        _ => thing.Groups,
    };

    static Refusal? Refuse(IReadOnlyDictionary<string, string> attributes, string? type, IReadOnlyList<string> groups, ProvisioningState state)
    {
        var refusal = AttributeRules.Refuse(attributes, type is not null)
            ?? Membership.Refuse(groups, group => state.GroupPaths.TryGetValue(group, out var path) ? path[0] : group);
        return refusal is null ? null : refusal with { Code = Reasons.InvalidParameters.Code };
    }
}
