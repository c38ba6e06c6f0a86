using System.Globalization;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>What is known of a claim at the instant a device wants to register with it.</summary>
/// <param name="Reserved">True: this flow has its place already.</param>
/// <param name="Used">Places taken in all.</param>
/// <param name="UsedLastMinute">Places taken within the last minute, counted no further than the claim may go.</param>
/// <param name="SerialListed">Whether the serial number is on the claim's list.</param>
sealed record ClaimUse(bool Reserved, long Used, long UsedLastMinute, bool SerialListed);

/// <summary>Takes one registration out of a claim's budget before the device is registered: never one too many, whatever runs at once.</summary>
sealed class SpendClaim(EventStore store) : IDisposable
{
    // Registrations with one claim wait for each other in the database: they must not take all of its connections meanwhile.
    readonly SemaphoreSlim _places = new(4);

    const string Look = """
        select exists (select 1 from fleet_claim_registrations where claim_id = $1 and flow_id = $2),
            coalesce((select used from fleet_claim_budgets where claim_id = $1), 0),
            (select count(*) from (select 1 from fleet_claim_registrations where claim_id = $1 and at > $4 - interval '1 minute' limit $5) latest),
            exists (select 1 from fleet_claim_serials where claim_id = $1 and serial = $3)
        """;

    // Counted as they are taken: the last device of a batch waits no longer than the first.
    const string Take = """
        with taken as (insert into fleet_claim_registrations (claim_id, flow_id, at) values ($1, $2, $3))
        insert into fleet_claim_budgets (claim_id, used) values ($1, 1) on conflict (claim_id) do update set used = fleet_claim_budgets.used + 1
        """;

    /// <summary>The rule. A place that is taken stays taken: the same flow asks again for free.</summary>
    public static Refusal? Decide(LimitedClaim claim, ClaimUse use, string? serial, DateTimeOffset now)
    {
        if (RefuseClosed(claim, now) is { } closed) return closed;
        if (use.Reserved) return null;
        if (claim.Listed && !use.SerialListed)
            return new(Reasons.SerialNotAllowed.Code, serial is null
                ? $"The claim registers listed serial numbers only, and there is no parameter {Quoted.Of(claim.SerialParameter)}."
                : $"Serial number {Quoted.Of(serial)} is not on the list of this claim.");
        if (use.Used >= claim.Maximum) return new(Reasons.ClaimBudgetSpent.Code, $"The claim certificate has made the {claim.Maximum} registrations it may make.");
        return use.UsedLastMinute >= claim.PerMinute
            ? new(Reasons.TooManyRequests.Code, $"The claim certificate has made the {claim.PerMinute} registrations it may make in a minute.")
            : null;
    }

    /// <summary>Null when the claim registers devices now.</summary>
    public static Refusal? RefuseClosed(LimitedClaim claim, DateTimeOffset now)
    {
        if (claim.Status != ClaimStatus.Open)
            return new(Reasons.ClaimNotOpen.Code, $"The claim certificate is {(claim.Status == ClaimStatus.Paused ? "paused" : "quarantined")}.");
        return now < claim.NotBefore || now >= claim.NotAfter
            ? new(Reasons.ClaimNotOpen.Code, $"The claim certificate registers devices from {Instant(claim.NotBefore)} to {Instant(claim.NotAfter)} only.")
            : null;
    }

    static string Instant(DateTimeOffset? at) => at?.ToString("u", CultureInfo.InvariantCulture) ?? "any time";

    public async Task<Refusal?> Handle(Attempt attempt, LimitedClaim claim, CancellationToken cancellation)
    {
        var serial = attempt.Parameters.GetValueOrDefault(claim.SerialParameter);
        await _places.WaitAsync(cancellation);
        try
        {
            return await Reserve(attempt, claim, serial, cancellation);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    async Task<Refusal?> Reserve(Attempt attempt, LimitedClaim claim, string? serial, CancellationToken cancellation)
    {
        var claimId = attempt.Command.Flow.PrincipalId;
        await using var connection = await store.DataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", Text(claimId)); // one at a time for each claim
        var use = await Read();
        var refusal = Decide(claim, use, serial, attempt.At);
        if (refusal is null && !use.Reserved)
            await Execute(Take, Text(claimId), Text(attempt.FlowId), At());
        await transaction.CommitAsync(cancellation);
        return refusal;

        async Task Execute(string sql, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        async Task<ClaimUse> Read()
        {
            await using var command = new NpgsqlCommand(Look, connection, transaction);
            command.Parameters.AddRange(new[] { Text(claimId), Text(attempt.FlowId), Text(serial), At(), new NpgsqlParameter<long> { TypedValue = claim.PerMinute ?? 0 } });
            await using var row = await command.ExecuteReaderAsync(cancellation);
            await row.ReadAsync(cancellation);
            return new(row.GetBoolean(0), row.GetInt64(1), row.GetInt64(2), row.GetBoolean(3));
        }

        NpgsqlParameter At() => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = attempt.At.UtcDateTime };
    }

    static NpgsqlParameter Text(string? text) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)text ?? DBNull.Value };
}
