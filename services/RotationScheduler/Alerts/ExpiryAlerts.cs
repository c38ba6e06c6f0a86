using FleetPlatform.Events;

namespace FleetPlatform.RotationScheduler.Alerts;

/// <summary>Warns of certificates that expire within 60, 30 and 7 days: of each certificate once for each.</summary>
sealed class ExpiryAlerts(EventStore store, Alerting alerting, RotationMetrics metrics, TimeProvider clock)
{
    const int MaximumSubjects = 10;
    static readonly int[] Days = [7, 30, 60];

    // Nearer first: what expires within a week is not also announced as within two months.
    const string Select = """
        select thing_name, count(*) over () from fleet_certificates
        where status = 'Active' and thing_name is not null and not_after <= $1 and not_after > $3 and (alerted_days is null or alerted_days > $2)
        order by not_after limit 10
        """;

    const string Mark = """
        update fleet_certificates set alerted_days = $2
        where status = 'Active' and thing_name is not null and not_after <= $1 and not_after > $3 and (alerted_days is null or alerted_days > $2)
        """;

    const string Count = """
        select count(*) filter (where not_after <= $1 + interval '7 days'), count(*) filter (where not_after <= $1 + interval '30 days'), count(*)
        from fleet_certificates where status = 'Active' and thing_name is not null and not_after > $1 and not_after <= $1 + interval '60 days'
        """;

    public async Task Handle(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        foreach (var days in Days)
        {
            var (things, count) = await Find(now, days, cancellation);
            if (count == 0) continue;
            await alerting.Give(new("expiry", $"{count} certificates in use expire within {days} days", things, count, now) { WithinDays = days }, cancellation);
            await using var mark = Command(Mark, now, days);
            await mark.ExecuteNonQueryAsync(cancellation);
        }

        await CountExpiring(now, cancellation);
    }

    async Task<(IReadOnlyList<string> Things, long Count)> Find(DateTimeOffset now, int days, CancellationToken cancellation)
    {
        await using var command = Command(Select, now, days);
        var (things, count) = (new List<string>(MaximumSubjects), 0L);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            things.Add(reader.GetString(0));
            count = reader.GetInt64(1);
        }

        return (things, count);
    }

    Npgsql.NpgsqlCommand Command(string sql, DateTimeOffset now, int days)
    {
        var command = store.DataSource.CreateCommand(sql);
        command.Parameters.Add(Sql.Time(now.AddDays(days)));
        command.Parameters.Add(new() { Value = days });
        command.Parameters.Add(Sql.Time(now));
        return command;
    }

    async Task CountExpiring(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand(Count);
        command.Parameters.Add(Sql.Time(now));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        metrics.Expiring(new Dictionary<int, long> { [7] = reader.GetInt64(0), [30] = reader.GetInt64(1), [60] = reader.GetInt64(2) });
    }
}
