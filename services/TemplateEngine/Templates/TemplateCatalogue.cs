using System.Collections.Frozen;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Templates;

/// <summary>A template's default version, parsed.</summary>
/// <param name="Document">Null when this release cannot read what an earlier one accepted; <paramref name="Problem"/> says why.</param>
sealed record CatalogueEntry(string Name, bool Enabled, TemplateKind Kind, int VersionId, string Body, TemplateDocument? Document, string? Problem)
{
    /// <summary>Address of the pre-provisioning hook; null when there is none.</summary>
    public string? Hook { get; init; }

    public Reprovisioning Reprovisioning { get; init; }
}

/// <summary>
/// Every template, parsed once per change, and every limited claim. Each look-up sees all changes recorded before it began, by whichever replica: it compares
/// one number with the database, and look-ups that wait at the same time share that comparison.
/// </summary>
sealed class TemplateCatalogue(EventStore store)
{
    readonly Lock _lock = new();
    volatile Snapshot _snapshot = new(-1, FrozenDictionary<string, CatalogueEntry>.Empty, FrozenDictionary<string, LimitedClaim>.Empty);
    Task<Snapshot>? _running;
    Task<Snapshot>? _next;

    /// <param name="name">The template's name.</param>
    /// <param name="claimId">The claim certificate that asks.</param>
    /// <returns>Null for a template that does not exist, and for a claim that is not limited.</returns>
    public async Task<(CatalogueEntry? Template, LimitedClaim? Claim)> Find(string name, string claimId, CancellationToken cancellation = default)
    {
        var current = await Current().WaitAsync(cancellation);
        return (current.Entries.GetValueOrDefault(name), current.Claims.GetValueOrDefault(claimId));
    }

    /// <summary>All limited claims, as of now, by certificate id.</summary>
    public async Task<IReadOnlyDictionary<string, LimitedClaim>> Claims(CancellationToken cancellation = default) => (await Current().WaitAsync(cancellation)).Claims;

    // A comparison under way may have read before this look-up's changes were recorded; the one after it has not.
    Task<Snapshot> Current()
    {
        lock (_lock)
        {
            if (_next is not null) return _next;
            if (_running is null || _running.IsCompleted) return _running = Task.Run(Refresh);
            return _next = Follow(_running);
        }
    }

    async Task<Snapshot> Follow(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock) (_running, _next) = (_next, null);
        return await Refresh();
    }

    async Task<Snapshot> Refresh()
    {
        var known = _snapshot;
        await using (var check = store.DataSource.CreateCommand("select revision from fleet_template_revision where id = 1"))
        {
            var revision = (long?)await check.ExecuteScalarAsync() ?? 0;
            if (revision == known.Revision) return known;
        }

        return _snapshot = await Load(known);
    }

    async Task<Snapshot> Load(Snapshot known)
    {
        await using var command = store.DataSource.CreateCommand("""
            select r.revision, t.name, t.enabled, t.type, t.default_version, v.body, t.hook, t.reprovisioning
            from (select coalesce(max(revision), 0) as revision from fleet_template_revision) r
            left join fleet_templates t on true
            left join fleet_template_versions v on v.name = t.name and v.version = t.default_version
            """);
        var entries = new Dictionary<string, CatalogueEntry>(StringComparer.Ordinal);
        var revision = 0L;
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            revision = rows.GetInt64(0);
            if (rows.IsDBNull(1)) continue; // no templates at all

            var entry = new CatalogueEntry(rows.GetString(1), rows.GetBoolean(2), Template.KindOf(rows.GetString(3)),
                rows.GetInt32(4), rows.GetString(5), null, null)
            {
                Hook = rows.IsDBNull(6) ? null : rows.GetString(6),
                Reprovisioning = Enum.Parse<Reprovisioning>(rows.GetString(7)),
            };
            entries[entry.Name] = known.Entries.GetValueOrDefault(entry.Name) is { } old && old.Body == entry.Body && old.Kind == entry.Kind
                ? entry with { Document = old.Document, Problem = old.Problem }
                : Compile(entry);
        }

        // Read after the revision: what is newer than it is read again with the next.
        return new(revision, entries.ToFrozenDictionary(StringComparer.Ordinal), await ClaimsTable.Load(store.DataSource));
    }

    /// <summary>Parses the entry's body.</summary>
    public static CatalogueEntry Compile(CatalogueEntry entry)
    {
        try
        {
            return entry with { Document = TemplateParser.Parse(entry.Body, entry.Kind) };
        }
        catch (TemplateSyntaxException wrong)
        {
            return entry with { Problem = wrong.Message };
        }
    }

    sealed record Snapshot(long Revision, FrozenDictionary<string, CatalogueEntry> Entries, IReadOnlyDictionary<string, LimitedClaim> Claims);
}
