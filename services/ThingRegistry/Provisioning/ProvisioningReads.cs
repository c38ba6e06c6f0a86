using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>
/// Reads what a whole batch of provisionings needs: one round trip for the streams, one for what templates refer to. Nothing is cached,
/// so nothing is stale; rows that many items share are read once.
/// </summary>
sealed class ProvisioningReads(Registry registry)
{
    public async Task<IReadOnlyList<ProvisioningState>> Load(IReadOnlyList<Command> commands, CancellationToken cancellation)
    {
        var streams = await LoadStreams(commands, cancellation);
        Fetched<ProvisionedStream> Stream(StreamId id) => streams.GetValueOrDefault(id) ?? new(id, ProvisionedStream.Initial, 0);

        var read = commands.Select(command => (
            Command: command,
            Principal: IsCertificateId(command) ? Stream(Registry.PrincipalStream(command.CertificateId)) : null,
            Thing: HasThingName(command) ? Stream(Registry.ThingStream(command.Thing!.ThingName)) : null)).ToArray();
        var references = await LoadReferences(
            [.. commands.SelectMany(PolicyNames).Where(name => Names.RefusePolicyName(name) is null).Distinct(StringComparer.Ordinal)],
            [.. commands.Select(command => command.Thing?.ThingTypeName).OfType<string>().Where(name => Names.RefuseTypeName(name) is null).Distinct(StringComparer.Ordinal)],
            [.. commands.Select(command => command.Thing?.BillingGroup).OfType<string>().Where(name => Names.RefuseBillingGroupName(name) is null).Distinct(StringComparer.Ordinal)],
            [.. read.SelectMany(item => GroupNames(item.Command, item.Thing)).Where(name => Names.RefuseGroupName(name) is null).Distinct(StringComparer.Ordinal)],
            cancellation);

        var old = await LoadOld(commands, read.Select(item => item.Thing?.Aggregate.Thing.Certificates ?? []), cancellation);
        return [.. read.Select((item, index) => new ProvisioningState(
            (item.Thing?.Aggregate ?? ProvisionedStream.Initial).Thing, item.Thing?.Version ?? 0,
            (item.Principal?.Aggregate ?? ProvisionedStream.Initial).Principal, item.Principal?.Version ?? 0,
            references.Policies, references.Types, references.BillingGroups, references.Groups)
        {
            Old = old[index],
            Asker = HasAsker(item.Command) ? Stream(Registry.PrincipalStream(item.Command.Flow.PrincipalId)) : null,
        })];
    }

    // Nearly never asked: only for a thing that exists, has other certificates, and whose template replaces them.
    async Task<IReadOnlyDictionary<string, Fetched<Principal>>[]> LoadOld(
        IReadOnlyList<Command> commands, IEnumerable<IReadOnlyList<string>> certificates, CancellationToken cancellation)
    {
        var wanted = commands.Zip(certificates, (command, ids) =>
            command.Reprovisioning == Reprovisioning.Replace ? ids.Where(id => id != command.CertificateId).ToArray() : []).ToArray();
        var streams = wanted.SelectMany(ids => ids).Distinct().Select(Registry.PrincipalStream).ToArray();
        Dictionary<string, Fetched<Principal>> found = streams.Length == 0
            ? []
            : (await registry.Fetch<Principal, PrincipalEvent>(streams, cancellation)).ToDictionary(stream => stream.Id.Key);
        return [.. wanted.Select(ids => (IReadOnlyDictionary<string, Fetched<Principal>>)ids.ToDictionary(id => id, id => found[id]))];
    }

    /// <summary>The name of each policy of a command: its own, or the one its document has.</summary>
    public static string NameOf(PolicyToApply policy) => policy.PolicyName ?? DocumentRules.NameOf(policy.PolicyDocument ?? "");

    static IEnumerable<string> PolicyNames(Command command) => command.Policies.Select(NameOf);

    static IEnumerable<string> GroupNames(Command command, Fetched<ProvisionedStream>? thing) =>
        command.Thing is { ThingGroups: { Count: > 0 } groups } ? groups.Concat(thing?.Aggregate.Thing.Groups ?? []) : [];

    static bool IsCertificateId(Command command) => Names.RefuseCertificateId(command.CertificateId) is null;

    static bool HasThingName(Command command) => command.Thing is { } thing && Names.RefuseThingName(thing.ThingName) is null;

    static bool HasAsker(Command command) =>
        (command.Renewal || command.Flow.Things is { Count: > 0 }) && Names.RefuseCertificateId(command.Flow.PrincipalId) is null;

    async Task<Dictionary<StreamId, Fetched<ProvisionedStream>>> LoadStreams(IReadOnlyList<Command> commands, CancellationToken cancellation)
    {
        var ids = commands.Where(IsCertificateId).Select(command => Registry.PrincipalStream(command.CertificateId))
            .Concat(commands.Where(HasThingName).Select(command => Registry.ThingStream(command.Thing!.ThingName)))
            .Concat(commands.Where(HasAsker).Select(command => Registry.PrincipalStream(command.Flow.PrincipalId)))
            .Distinct().ToArray();
        var fetched = await registry.Fetch<ProvisionedStream, RegistryEvent>(ids, cancellation);
        return fetched.ToDictionary(stream => stream.Id);
    }

    // One look-up by key for each name, whatever the planner thinks of the table: statements are planned when it is still empty.
    static string ByName(string table, string columns) =>
        $"select found.* from unnest($1) wanted(name) cross join lateral (select {columns} from {table} t where t.name = wanted.name limit 1) found";

    sealed record References(Dictionary<string, PolicyRow> Policies, HashSet<string> Types, HashSet<string> BillingGroups, Dictionary<string, string[]> Groups);

    async Task<References> LoadReferences(
        string[] policies, string[] types, string[] billingGroups, string[] groups, CancellationToken cancellation)
    {
        var found = new References(new(StringComparer.Ordinal), new(StringComparer.Ordinal), new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        await using var batch = registry.Database.CreateBatch();
        var readers = new List<Action<NpgsqlDataReader>>(4);
        Add(ByName("fleet_policies", "name, incarnation, version, default_version, document, deleted"), policies,
            row => found.Policies[row.GetString(0)] = new(
                row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetInt32(3), row.GetString(4), row.GetBoolean(5)));
        Add(ByName("fleet_types", "name, deprecated_at"), types, row =>
        {
            if (row.IsDBNull(1)) found.Types.Add(row.GetString(0));
        });
        Add(ByName("fleet_billing_groups", "name"), billingGroups, row => found.BillingGroups.Add(row.GetString(0)));
        Add(ByName("fleet_groups", "name, path, query"), groups, row =>
        {
            if (row.IsDBNull(2)) found.Groups[row.GetString(0)] = row.GetFieldValue<string[]>(1); // into a dynamic group nobody is put
        });
        if (readers.Count == 0) return found;

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        foreach (var read in readers)
        {
            while (await reader.ReadAsync(cancellation)) read(reader);
            await reader.NextResultAsync(cancellation);
        }

        return found;

        void Add(string select, string[] names, Action<NpgsqlDataReader> read)
        {
            if (names.Length == 0) return;
            batch.BatchCommands.Add(new(select) { Parameters = { Listing.Texts(names) } });
            readers.Add(read);
        }
    }
}
