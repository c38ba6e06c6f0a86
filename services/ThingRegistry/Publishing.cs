using System.Globalization;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry;

/// <summary>
/// Tells gateways whose rights may have changed. Silent about what can matter to none of them: a certificate that is registered pending
/// or provisioned for the first time has never been allowed anything, and its grant travels with the answer that provisioned it.
/// </summary>
sealed class PublishChanges(IBus bus, NpgsqlDataSource database) : ISubscription
{
    const int MaximumIds = 1000;

    public string Name => "thing-registry.publish";

    // All but the two that come with every device: an event that is new here is told rather than missed.
    public IReadOnlyCollection<Type> IncludedEventTypes { get; } = [.. EventNames.All.All.Values.Except([typeof(ThingRegistered), typeof(CertificateRecorded)])];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        var things = new HashSet<string>(StringComparer.Ordinal);
        var groups = new HashSet<string>(StringComparer.Ordinal);
        foreach (var recorded in batch)
        {
            switch (recorded.Data)
            {
                case PrincipalRegistered { Status: PrincipalStatus.PendingActivation } or PrincipalProvisioned { Registered: not true }:
                case PrincipalExpired { Was: PrincipalStatus.PendingActivation }:
                case CertificateAttached or CertificateDetached:
                    break;
                case PrincipalEvent:
                    changed.Add(recorded.StreamId.Key);
                    break;
                case ThingEvent:
                    things.Add(recorded.StreamId.Key);
                    break;
                case GroupPolicyAttached or GroupPolicyDetached:
                    groups.Add(recorded.StreamId.Key);
                    break;
                case PolicyVersionCreated { IsDefault: true } e:
                    await Publish(recorded, e.VersionId, e.Document, cancellation);
                    break;
                case DefaultPolicyVersionSet e:
                    if (await FindDocument(recorded.StreamId.Key, e.VersionId, cancellation) is { } document)
                        await Publish(recorded, e.VersionId, document, cancellation);
                    break;
            }
        }

        if (things.Count > 0) await AddAttached(changed, OfThings, things, cancellation);
        if (groups.Count > 0) await AddAttached(changed, OfGroups, groups, cancellation);
        // One message for what changed together; its id is the last event's, so that a repeat of the batch can be told.
        var (chunk, last) = (0, batch[^1].Id);
        foreach (var ids in changed.Order(StringComparer.Ordinal).Chunk(MaximumIds))
        {
            await bus.PublishInTime(new PrincipalsChanged { CertificateIds = ids }, cancellation, chunk++ == 0 ? last : null);
        }
    }

    const string OfThings = "select certificate_id from fleet_attachments where thing_name = any($1)";

    const string OfGroups = """
        select a.certificate_id from fleet_groups g join fleet_memberships m on m.group_name = g.name
        join fleet_attachments a on a.thing_name = m.thing_name where g.path && $1
        """;

    async Task AddAttached(HashSet<string> changed, string select, IEnumerable<string> names, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(select);
        command.Parameters.Add(Listing.Texts(names));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) changed.Add(reader.GetString(0));
    }

    // Deleted since: then it is not the default any more, and the event that made another one the default follows.
    async Task<string?> FindDocument(string policy, int version, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select document from fleet_policy_versions where policy_name = $1 and version_id = $2");
        command.Parameters.Add(Listing.Text(policy));
        command.Parameters.Add(new() { Value = version });
        return (string?)await command.ExecuteScalarAsync(cancellation);
    }

    Task Publish(RecordedEvent recorded, int version, string document, CancellationToken cancellation) => bus.PublishInTime(
        new PolicyChanged { PolicyName = recorded.StreamId.Key, VersionId = version.ToString(CultureInfo.InvariantCulture), Document = document },
        cancellation, recorded.Id);
}
