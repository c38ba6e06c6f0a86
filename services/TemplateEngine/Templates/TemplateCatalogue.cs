using System.Collections.Frozen;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Templates;

/// <summary>A template's default version, parsed.</summary>
/// <param name="Document">Null when this release cannot read what an earlier one accepted; <paramref name="Problem"/> says why.</param>
sealed record CatalogueEntry(string Name, bool Enabled, TemplateKind Kind, int VersionId, string Body, TemplateDocument? Document, string? Problem);

/// <summary>
/// Every template, parsed once per change. Each look-up sees all changes recorded before it began, by whichever replica: it compares
/// one number with the database, and look-ups that wait at the same time share that comparison.
/// </summary>
sealed class TemplateCatalogue(EventStore store)
{
    readonly Lock _lock = new();
    volatile Snapshot _snapshot = new(-1, FrozenDictionary<string, CatalogueEntry>.Empty);
    Task<Snapshot>? _running;
    Task<Snapshot>? _next;

    /// <returns>Null when there is no template of this name.</returns>
    public async Task<CatalogueEntry?> Find(string name, CancellationToken cancellation = default) =>
        (await Current().WaitAsync(cancellation)).Entries.GetValueOrDefault(name);

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
            select r.revision, t.name, t.enabled, t.type, t.default_version, v.body
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
                rows.GetInt32(4), rows.GetString(5), null, null);
            entries[entry.Name] = known.Entries.GetValueOrDefault(entry.Name) is { } old && old.Body == entry.Body && old.Kind == entry.Kind
                ? entry with { Document = old.Document, Problem = old.Problem }
                : Compile(entry);
        }

        return new(revision, entries.ToFrozenDictionary(StringComparer.Ordinal));
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

    sealed record Snapshot(long Revision, FrozenDictionary<string, CatalogueEntry> Entries);
}
