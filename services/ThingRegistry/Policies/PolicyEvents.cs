namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>What happened to a policy. Recorded on <c>policy-{name}</c>.</summary>
abstract record PolicyEvent : RegistryEvent;

/// <summary>The policy exists, with version 1 as its default. Incarnation counts from 1 how often a policy of this name was created.</summary>
sealed record PolicyCreated(int Incarnation, string Document, DateTimeOffset At) : PolicyEvent;

sealed record PolicyVersionCreated(int VersionId, string Document, bool IsDefault, DateTimeOffset At) : PolicyEvent;

sealed record DefaultPolicyVersionSet(int VersionId, DateTimeOffset At) : PolicyEvent;

sealed record PolicyVersionDeleted(int VersionId, DateTimeOffset At) : PolicyEvent;

sealed record PolicyDeleted(DateTimeOffset At) : PolicyEvent;
