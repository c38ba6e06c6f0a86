namespace FleetPlatform.ThingRegistry;

public sealed class EventNamesTests
{
    [Fact]
    public void Every_event_is_stored_under_the_name_it_always_had() =>
        EventNames.All.All.Keys.Order(StringComparer.Ordinal).ShouldBe(
        [
            "billing.created.v1", "billing.deleted.v1", "billing.updated.v1",
            "group.created.v1", "group.deleted.v1", "group.policy-attached.v1", "group.policy-detached.v1", "group.updated.v1",
            "policy.created.v1", "policy.default-version-set.v1", "policy.deleted.v1", "policy.version-created.v1", "policy.version-deleted.v1",
            "principal.certificate-recorded.v1", "principal.deleted.v1", "principal.expired.v1", "principal.policy-attached.v1",
            "principal.policy-detached.v1", "principal.provisioned.v1", "principal.registered.v1", "principal.reinstated.v1", "principal.renewed.v1",
            "principal.revoked.v1",
            "principal.status-changed.v1", "principal.suspended.v1", "principal.thing-attached.v1", "principal.thing-detached.v1",
            "tags.added.v1", "tags.removed.v1",
            "thing.billing-group-changed.v1", "thing.certificate-attached.v1", "thing.certificate-detached.v1", "thing.deleted.v1", "thing.group-joined.v1",
            "thing.group-left.v1", "thing.registered.v1", "thing.reprovisioned.v1", "thing.updated.v1", "type.created.v1", "type.deleted.v1",
            "type.deprecated.v1", "type.restored.v1", "type.updated.v1",
        ]);

    [Fact]
    public void Every_event_has_a_name() =>
        typeof(RegistryEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(RegistryEvent)) && !type.IsAbstract)
            .ShouldBe(EventNames.All.All.Values, ignoreOrder: true);
}
