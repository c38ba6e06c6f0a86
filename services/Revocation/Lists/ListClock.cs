using System.Diagnostics.Metrics;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.Events.Subscriptions;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;
using Npgsql;
using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;

namespace FleetPlatform.Revocation.Lists;

/// <summary>
/// Cuts every list that is due: the only timer of lists. What is published, and what has changed since, is read from the database, so any
/// replica can do it, and one that wakes up after a week does the right thing.
/// </summary>
sealed class ListClock : WorkLoop
{
    static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(250);

    readonly CutList _cut;
    readonly Authorities _authorities;
    readonly EventStore _store;
    readonly NpgsqlDataSource _database;
    readonly RevocationOptions _options;
    readonly TimeProvider _clock;
    readonly ILogger _log;
    readonly Counter<long> _failures;
    bool _waits; // a list has changed that was cut a moment ago

    public ListClock(
        CutList cut, Authorities authorities, EventStore store, NpgsqlDataSource database, RevocationOptions options, FleetService service, TimeProvider clock, ILogger<ListClock> log) : base(clock)
    {
        (_cut, _authorities, _store, _database, _options, _clock, _log) = (cut, authorities, store, database, options, clock, log);
        _failures = service.Meter.CreateCounter<long>("fleet.revocation.list_failures", "{list}", "Revocation lists that could not be cut. An alarm: lists lapse at their nextUpdate.");
        service.Meter.CreateObservableGauge("fleet.revocation.list_remaining", () => Remaining?.TotalSeconds ?? 0, "s", "Time until the first published list lapses.");
    }

    /// <summary>Time until the first list lapses, as of the last look; null before the first.</summary>
    public TimeSpan? Remaining { get; private set; }

    /// <summary>Why the last list that was due was not cut; null when all were.</summary>
    public string? Failure { get; private set; }

    protected override TimeSpan Pause => _waits && _options.ListPoll > Soon ? Soon : _options.ListPoll;

    protected override Task Look(CancellationToken stopping) => CutAllDue(stopping);

    // Never a silent stop (peers 3.2 case 12): whatever it was is counted, shown by /health, and tried again.
    protected override void Postpone(Exception failure) => Fail("all", failure);

    /// <summary>Cuts what is due now.</summary>
    /// <returns>How many lists were cut.</returns>
    public async Task<int> CutAllDue(CancellationToken cancellation)
    {
        await using var leadership = await Leadership.TryTake(_database, "fleet.lists", cancellation);
        if (leadership is null) return 0; // another replica is at it
        var cut = 0;
        _waits = false;
        string? failure = null;
        foreach (var issuer in await _authorities.Find(cancellation))
            foreach (var name in ListName.Of(issuer.IssuerId, issuer.RevocationUrl is null ? 0 : issuer.Shards))
                try
                {
                    if (await CutIfDue(name, issuer, cancellation)) cut++;
                }
                catch (Exception trouble) when (trouble is ListNotSignedException or ConcurrencyException or NpgsqlException or EventStoreUnavailableException)
                {
                    failure = $"{name.Id}: {trouble.Message}";
                    Fail(name.Id, trouble);
                }

        (Failure, Remaining) = (failure, await FindRemaining(cancellation));
        return cut;
    }

    async Task<bool> CutIfDue(ListName name, RevocationIssuer issuer, CancellationToken cancellation)
    {
        var now = _clock.GetUtcNow();
        var (published, basis, change) = await Compare(name, cancellation);
        if (name.IsDelta && basis is null) return false;

        if (!ListSchedule.IsDue(published, change, name.IsDelta ? _options.DeltaLife : _options.ListLife, now))
        {
            _waits |= change != ListChange.Nothing;
            return false;
        }

        var fresh = await _cut.Handle(name, issuer, basis, cancellation);
        Log.ListCut(_log, name.Id);
        await Acknowledge(fresh, cancellation);
        await DropOldParts(cancellation);
        return true;
    }

    // On their own list now: the line of the receipt that auditors ask for.
    async Task Acknowledge(IReadOnlyList<string> certificateIds, CancellationToken cancellation)
    {
        foreach (var page in certificateIds.Chunk(250))
        {
            await using var mark = _database.CreateCommand("""
                with marked as (update fleet_entries set listed = true where certificate_id = any($1) and reason is not null returning certificate_id)
                select t.certificate_id, t.version from marked m join fleet_trust t on t.certificate_id = m.certificate_id
                """);
            mark.Parameters.Add(TrustTable.Texts(page));
            var items = new List<AppliedTrustChange>();
            await using (var rows = await mark.ExecuteReaderAsync(cancellation))
                while (await rows.ReadAsync(cancellation)) items.Add(new() { CertificateId = rows.GetString(0), Version = rows.GetInt64(1) });
            await RecordEffect.Handle(new() { By = "crl", At = _clock.GetUtcNow(), Items = items }, _store, cancellation);
        }
    }

    async Task<(PublishedList? Published, PublishedList? Basis, ListChange Change)> Compare(ListName name, CancellationToken cancellation)
    {
        await using var select = _database.CreateCommand("""
            select l.list_id, l.number, l.this_update, l.next_update, l.entries,
                exists (select 1 from fleet_entries e where e.issuer_id = $2 and ($3::int is null or e.shard = $3) and e.changed_at > l.this_update and (l.list_id <> $1 or $3::int is null or not e.listed)),
                exists (select 1 from fleet_entries e where e.issuer_id = $2 and e.shard = $3 and not e.listed and e.reason = $5)
            from fleet_lists l where l.list_id = $1 or l.list_id = $4
            """);
        select.Parameters.Add(TrustTable.Text(name.Id));
        select.Parameters.Add(TrustTable.Text(name.IssuerId));
        select.Parameters.Add(new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer, Value = (object?)name.Shard ?? DBNull.Value });
        select.Parameters.Add(TrustTable.Text(new ListName(name.IssuerId, null).Id));
        select.Parameters.Add(TrustTable.Text(nameof(RevocationReason.KeyCompromise)));
        (PublishedList? published, PublishedList? basis, var change) = (null, null, ListChange.Nothing);
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            var list = new PublishedList(rows.GetInt64(1), rows.GetFieldValue<DateTimeOffset>(2), rows.GetFieldValue<DateTimeOffset>(3), rows.GetInt64(4));
            if (rows.GetString(0) == name.Id) (published, change) = (list, rows.GetBoolean(6) ? ListChange.KeyCompromised : rows.GetBoolean(5) ? ListChange.Changed : ListChange.Nothing);
            if (rows.GetString(0) != name.Id || name is { Shard: null, IsDelta: false }) basis = list;
        }

        return (published, basis, change);
    }

    async Task<TimeSpan?> FindRemaining(CancellationToken cancellation)
    {
        await using var select = _database.CreateCommand("select min(next_update) from fleet_lists");
        return await select.ExecuteScalarAsync(cancellation) is DateTime first ? first - _clock.GetUtcNow().UtcDateTime : null;
    }

    // The list before is kept as well: somebody may be fetching it.
    async Task DropOldParts(CancellationToken cancellation)
    {
        await using var drop = _database.CreateCommand("""
            delete from fleet_list_parts p where not exists (select 1 from fleet_lists l where p.draft_id in (l.draft_id, l.former_draft_id))
            and p.draft_id in (select draft_id from fleet_list_parts where part = 0 and created_at < now() - interval '10 minutes')
            """);
        await drop.ExecuteNonQueryAsync(cancellation);
    }

    void Fail(string list, Exception failure)
    {
        Failure = $"{list}: {failure.Message}";
        _failures.Add(1);
        Log.ListNotCut(_log, list, failure.Message);
    }
}
