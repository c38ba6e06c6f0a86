using FleetPlatform.ServiceDefaults;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// Tells those who keep a table of the fleet how certificates are registered now. Nobody waits for it, so it gathers for a moment first:
/// a factory line costs a few messages in a second and not one for each device.
/// </summary>
sealed class PublishRegistrations(IBus bus, Registry registry, ThingRegistryOptions options, TimeProvider clock) : ISubscription
{
    const int MaximumItems = 256;

    public string Name => "thing-registry.publish-registrations";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(PrincipalEvent), typeof(GroupJoined), typeof(GroupLeft), typeof(ThingDeleted)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        if (batch.Count < MaximumItems / 2) await Task.Delay(options.RegistrationLinger, clock, cancellation);

        var changed = new HashSet<string>(StringComparer.Ordinal);
        var things = new HashSet<string>(StringComparer.Ordinal);
        foreach (var recorded in batch)
        {
            if (Concerns(recorded)) (recorded.StreamId.Category == "principal" ? changed : things).Add(recorded.StreamId.Key);
        }

        if (things.Count > 0) await AddAttached(changed, things, cancellation);
        var begun = FoldBegun(batch);
        foreach (var ids in changed.Order(StringComparer.Ordinal).Chunk(MaximumItems))
        {
            var items = await Read(ids, begun, cancellation);
            if (items.Count > 0) await bus.PublishInTime(new RegistrationsChanged { Items = items }, cancellation);
        }
    }

    /// <summary>Whether an event changes what a table of the fleet shows. What is still pending is no identity yet.</summary>
    public static bool Concerns(RecordedEvent recorded) => recorded.StreamId.Category switch
    {
        "principal" => recorded.Type == EventNames.PrincipalProvisioned || recorded.Data is not (PrincipalRegistered { Status: PrincipalStatus.PendingActivation }
            or PrincipalExpired { Was: PrincipalStatus.PendingActivation } or PolicyAttached or PolicyDetached),
        "thing" => recorded.Data is GroupJoined or GroupLeft or ThingDeleted,
        _ => false,
    };

    /// <summary>The streams that begin with these events, folded: a device that has just been registered need not be read again.</summary>
    public static IReadOnlyDictionary<string, Fetched<Principal>> FoldBegun(IReadOnlyList<RecordedEvent> batch) => batch
        .Where(recorded => recorded.StreamId.Category == "principal").GroupBy(recorded => recorded.StreamId).Where(stream => stream.First().Version == 1)
        .ToDictionary(stream => stream.Key.Key, stream => EventStore.Fold<Principal, PrincipalEvent>(stream.Key, stream), StringComparer.Ordinal);

    /// <param name="certificateIds">Whose.</param>
    /// <param name="begun">Those of them that need not be read.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<Registration>> Read(IReadOnlyList<string> certificateIds, IReadOnlyDictionary<string, Fetched<Principal>> begun, CancellationToken cancellation)
    {
        var readAt = registry.Now;
        var read = await registry.Fetch<Principal, PrincipalEvent>([.. certificateIds.Where(id => !begun.ContainsKey(id)).Select(Registry.PrincipalStream)], cancellation);
        var others = read.ToDictionary(stream => stream.Id.Key, StringComparer.Ordinal);
        var streams = certificateIds.Select(id => begun.TryGetValue(id, out var stream) ? stream : others[id]).ToArray();
        var groups = await ReadGroups([.. streams.SelectMany(stream => stream.Aggregate.Things).Select(thing => thing.ThingName).Distinct(StringComparer.Ordinal)], cancellation);
        return
        [
            .. certificateIds.Zip(streams).Where(pair => pair.Second.Aggregate.Status is not (PrincipalStatus.Unknown or PrincipalStatus.PendingActivation))
                .Select(pair => Describe(pair.First, pair.Second.Aggregate, pair.Second.Version, readAt, groups)),
        ];
    }

    static Registration Describe(
        string certificateId, Principal principal, long version, DateTimeOffset readAt, Dictionary<string, string[]> groups) => new()
        {
            CertificateId = certificateId,
            Version = version,
            ReadAt = readAt,
            Status = principal.Exists ? principal.Status.ToContract() : null,
            RegisteredAt = principal.Provisioned?.At,
            CertificatePem = principal.CertificatePem,
            Things = [.. principal.Things.Select(thing => new RegisteredThing { ThingName = thing.ThingName, Groups = groups.GetValueOrDefault(thing.ThingName) ?? [] })],
            TemplateName = principal.Provisioned?.TemplateName,
            RenewalOf = principal.RenewalOf,
        };

    async Task<Dictionary<string, string[]>> ReadGroups(string[] things, CancellationToken cancellation)
    {
        var groups = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (things.Length == 0) return groups;
        await using var command = registry.Database.CreateCommand("""
            select m.thing_name, array_agg(distinct around.name) from unnest($1) wanted(thing)
                join fleet_memberships m on m.thing_name = wanted.thing join fleet_groups g on g.name = m.group_name
                cross join unnest(g.path) around(name) group by m.thing_name
            """);
        command.Parameters.Add(Listing.Texts(things));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) groups[reader.GetString(0)] = reader.GetFieldValue<string[]>(1);
        return groups;
    }

    async Task AddAttached(HashSet<string> changed, IEnumerable<string> things, CancellationToken cancellation)
    {
        await using var command = registry.Database.CreateCommand("select certificate_id from fleet_attachments where thing_name = any($1)");
        command.Parameters.Add(Listing.Texts(things));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) changed.Add(reader.GetString(0));
    }
}
