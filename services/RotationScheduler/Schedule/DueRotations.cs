using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Schedule;

/// <summary>Begins the rotations that renewal policies say are due, the soonest to expire first, as many as rate and room allow.</summary>
sealed class DueRotations(EventStore store, RenewalRules rules, StartRotation start, RotationSchedulerOptions options, TimeProvider clock)
{
    // A thing whose rotation is open, or failed a moment ago, is not due; nor is what has expired: its device cannot be told over it.
    const string Select = """
        select c.certificate_id, c.thing_name, c.not_after from fleet_certificates c
        where c.status = 'Active' and c.due_at <= $1 and c.not_after > $1 and c.scope = $2 and c.thing_name is not null and ($3 or c.not_after < $1 + $4)
            and not exists (select from fleet_rotations r where r.thing_name = c.thing_name
                and (r.ended_at is null or (r.phase <> 'completed' and r.ended_at > $1 - $5)))
        order by c.not_after limit $6
        """;

    readonly Allowance _allowance = new(options.Period, clock);

    /// <summary>Begins what is due in every scope.</summary>
    /// <param name="room">How many may begin in all.</param>
    /// <returns>How many did.</returns>
    public async Task<int> Handle(int room, CancellationToken cancellation)
    {
        var (now, since) = (clock.GetUtcNow(), _allowance.NextTurn());
        var begun = 0;
        foreach (var rule in (await rules.Read(cancellation)).Values.OrderBy(rule => rule.Scope, StringComparer.Ordinal))
        {
            var limit = Math.Min(room - begun, Allowance.Of(rule.PerMinute, since));
            if (limit <= 0) continue;
            var open = MaintenanceWindow.AnyOpen(rule.Windows, now);
            begun += await Concurrently.Count(await Find(rule.Scope, open, now, limit, cancellation), async due =>
                (await start.Handle(new(due.Thing, due.CertificateId, RotationReason.Due, rule, "rotation-scheduler"), cancellation)).Refusal is null, cancellation);
        }

        return begun;
    }

    public async Task<IReadOnlyList<(string CertificateId, string Thing)>> Find(
        string scope, bool windowOpen, DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand(Select);
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Text(scope));
        command.Parameters.Add(new() { Value = windowOpen });
        command.Parameters.Add(new() { Value = options.Urgent });
        command.Parameters.Add(new() { Value = options.RestAfterFailure });
        command.Parameters.Add(Sql.Number(limit));
        var due = new List<(string, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) due.Add((reader.GetString(0), reader.GetString(1)));
        return due;
    }
}
