namespace FleetPlatform.ThingRegistry.Things;

/// <summary>What happened to a thing. Recorded on <c>thing-{name}</c>.</summary>
abstract record ThingEvent : RegistryEvent;

/// <summary>The thing exists. CertificateId is that of the provisioning that registered it, null when an operator did.</summary>
sealed record ThingRegistered(
    Guid ThingId,
    string? ThingTypeName,
    string? BillingGroup,
    IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyList<string> ThingGroups,
    string? CertificateId,
    DateTimeOffset At) : ThingEvent;

/// <summary>Type and attributes are now these; both are given whole.</summary>
sealed record ThingUpdated(string? ThingTypeName, IReadOnlyDictionary<string, string> Attributes, DateTimeOffset At) : ThingEvent;

/// <summary>The thing is now in this billing group; null: in none.</summary>
sealed record BillingGroupChanged(string? BillingGroup, DateTimeOffset At) : ThingEvent;

/// <summary>Dynamic: by the group's query; null: it was put there.</summary>
sealed record GroupJoined(string ThingGroupName, DateTimeOffset At, bool? Dynamic = null) : ThingEvent;

sealed record GroupLeft(string ThingGroupName, DateTimeOffset At) : ThingEvent;

/// <summary>
/// A certificate was attached to the thing when it existed already. The attachment itself is a fact of the principal's stream; this
/// one tells the thing's story and makes a delete that runs at the same moment lose (both append to this stream).
/// </summary>
sealed record CertificateAttached(string CertificateId, DateTimeOffset At) : ThingEvent;

/// <summary>What was done with the certificates that the thing had when a device came again under its name. Recorded by name, so a name never changes.</summary>
enum ReprovisioningDecision
{
    Kept = 0,
    Replaced = 1,
}

/// <summary>A device came again, and its template said what to do: the old certificates were left as they were, or deactivated and detached.</summary>
sealed record ThingReprovisioned(
    ReprovisioningDecision Decision, string CertificateId, IReadOnlyList<string> OldCertificateIds, string TemplateName, DateTimeOffset At) : ThingEvent;

sealed record CertificateDetached(string CertificateId, DateTimeOffset At) : ThingEvent;

sealed record ThingDeleted(DateTimeOffset At) : ThingEvent;
