using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;

namespace FleetPlatform.RotationScheduler.Certificates;

/// <summary>
/// After a policy has changed: computes anew when each certificate is due, page by page in the order of ids, so that a million of them
/// need the memory of one page. Interrupted, it begins again with the next start; nothing is lost, only late.
/// </summary>
sealed class Reschedule(EventStore store, RenewalRules rules)
{
    const int Page = 5_000;

    /// <summary>Does all of it.</summary>
    /// <returns>How many certificates are due at another time than before.</returns>
    public async Task<int> Handle(CancellationToken cancellation)
    {
        var known = await rules.Read(cancellation);
        var (after, changed) = ("", 0);
        while (true)
        {
            var page = await Read(after, cancellation);
            if (page.Count == 0) return changed;
            after = page[^1].CertificateId;
            var moved = page.Select(row => row.With(known)).Where(row => row.Moved).ToArray();
            if (moved.Length > 0) changed += await Write(moved, cancellation);
        }
    }

    sealed record Row(
        string CertificateId, string[] Groups, string? Template, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string? Scope, DateTimeOffset? DueAt)
    {
        public bool Moved { get; private init; }

        public Row With(IReadOnlyDictionary<string, RenewalRule> rules)
        {
            var rule = RenewalRules.Of(rules, Groups, Template);
            DateTimeOffset? due = rule is null ? null : RenewalWindow.DueAt(rule, CertificateId, NotBefore, NotAfter);
            // The database keeps microseconds.
            var moved = rule?.Scope != Scope || (due - DueAt)?.Duration() > TimeSpan.FromMilliseconds(1) || due is null != DueAt is null;
            return this with { Scope = rule?.Scope, DueAt = due, Moved = moved };
        }
    }

    async Task<List<Row>> Read(string after, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            select certificate_id, groups, template, not_before, not_after, scope, due_at from fleet_certificates
            where certificate_id > $1 and status = 'Active' and not_after is not null order by certificate_id limit $2
            """);
        command.Parameters.Add(Sql.Text(after));
        command.Parameters.Add(Sql.Number(Page));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<Row>(Page);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new(reader.GetString(0), reader.GetFieldValue<string[]>(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3), reader.GetFieldValue<DateTimeOffset>(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6)));
        }

        return rows;
    }

    async Task<int> Write(IReadOnlyList<Row> rows, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand("""
            update fleet_certificates c set scope = row.scope, due_at = row.due_at from unnest($1, $2, $3) as row (id, scope, due_at)
            where c.certificate_id = row.id
            """);
        command.Parameters.Add(Sql.Texts(rows.Select(row => row.CertificateId)));
        command.Parameters.Add(Sql.Texts(rows.Select(row => row.Scope)));
        command.Parameters.Add(Sql.Times(rows.Select(row => row.DueAt)));
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>Reschedules once for all policy events that come together.</summary>
sealed class RescheduleOnChange(Reschedule reschedule, Microsoft.Extensions.Logging.ILogger<RescheduleOnChange> log) : ISubscription
{
    public string Name => "rotation-scheduler.reschedule";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(RenewalEvent)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var changed = await reschedule.Handle(cancellation);
        Log.Rescheduled(log, changed);
    }
}
