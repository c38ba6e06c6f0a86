using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Pki;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>What is known of a claim at the instant a device wants to register with it.</summary>
/// <param name="Reserved">True: this flow has its place already.</param>
/// <param name="Used">Places taken in all, counted no further than the claim may go.</param>
/// <param name="UsedLastMinute">Places taken within the last minute.</param>
/// <param name="SerialListed">Whether the serial number is on the claim's list.</param>
/// <param name="SerialSeen">Whether another flow registered with the serial number, with any limited claim.</param>
/// <param name="KeySeen">The same of the certificate's public key.</param>
sealed record ClaimUse(bool Reserved, long Used, long UsedLastMinute, bool SerialListed, bool SerialSeen, bool KeySeen);

/// <summary>Takes one registration out of a claim's budget before the device is registered: never one too many, whatever runs at once.</summary>
sealed class SpendClaim(EventStore store, IssuedCertificates certificates, RefusalBudget budget) : IDisposable
{
    // Registrations with one claim wait for each other in the database: they must not take all of its connections meanwhile.
    readonly SemaphoreSlim _places = new(4);

    const string Look = """
        select exists (select 1 from fleet_claim_registrations where claim_id = $1 and flow_id = $2),
            (select count(*) from (select 1 from fleet_claim_registrations where claim_id = $1 limit $6) used),
            (select count(*) from fleet_claim_registrations where claim_id = $1 and at > $5 - interval '1 minute'),
            exists (select 1 from fleet_claim_serials where claim_id = $1 and serial = $3),
            exists (select 1 from fleet_claim_registrations where serial = $3 and flow_id <> $2),
            exists (select 1 from fleet_claim_registrations where key_hash = $4 and flow_id <> $2)
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

    /// <summary>What a stolen claim looks like; recorded, and for the operator to judge.</summary>
    public static IEnumerable<(string Signal, string Detail)> Signals(LimitedClaim claim, ClaimUse use, string? serial)
    {
        if (use.Reserved) yield break;
        if (use.SerialSeen) yield return ("serial-reuse", $"serial number {Quoted.Of(serial ?? "")} has registered before, with another certificate");
        if (use.KeySeen) yield return ("key-reuse", "the public key of this certificate has registered before");
        if (use.UsedLastMinute >= claim.PerMinute) yield return ("velocity", $"{use.UsedLastMinute} registrations within a minute");
    }

    public async Task<Refusal?> Handle(Attempt attempt, LimitedClaim claim, CancellationToken cancellation)
    {
        var claimId = attempt.Command.Flow.PrincipalId;
        var serial = attempt.Parameters.GetValueOrDefault(claim.SerialParameter);
        var key = await KeyHash(attempt.Token!.CertificateId, cancellation);
        await _places.WaitAsync(cancellation);
        try
        {
            var (refusal, use) = await Reserve(attempt, claim, serial, key, cancellation);
            foreach (var (signal, detail) in Signals(claim, use, serial))
                if (budget.TrySpend($"{signal} {claimId}")) await Suspect(claimId, signal, detail, attempt, cancellation);
            return refusal;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    async Task<(Refusal? Refusal, ClaimUse Use)> Reserve(Attempt attempt, LimitedClaim claim, string? serial, string? key, CancellationToken cancellation)
    {
        var claimId = attempt.Command.Flow.PrincipalId;
        await using var connection = await store.DataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", Text(claimId)); // one at a time for each claim
        var use = await Read();
        var refusal = Decide(claim, use, serial, attempt.At);
        if (refusal is null && !use.Reserved)
            await Execute("insert into fleet_claim_registrations (claim_id, flow_id, serial, key_hash, at) values ($1, $2, $3, $4, $5)",
                Text(claimId), Text(attempt.FlowId), Text(serial), Text(key), At());
        await transaction.CommitAsync(cancellation);
        return (refusal, use);

        async Task Execute(string sql, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        async Task<ClaimUse> Read()
        {
            await using var command = new NpgsqlCommand(Look, connection, transaction);
            command.Parameters.AddRange(new[] { Text(claimId), Text(attempt.FlowId), Text(serial), Text(key), At(), new NpgsqlParameter<long> { TypedValue = claim.Maximum ?? 0 } });
            await using var row = await command.ExecuteReaderAsync(cancellation);
            await row.ReadAsync(cancellation);
            return new(row.GetBoolean(0), row.GetInt64(1), row.GetInt64(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5));
        }

        NpgsqlParameter At() => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = attempt.At.UtcDateTime };
    }

    async Task Suspect(string claimId, string signal, string detail, Attempt attempt, CancellationToken cancellation) =>
        await store.WriteToAggregate<Claim, ClaimEvent>(Claim.Stream(claimId),
            _ => new AbuseSuspected(signal, detail, attempt.FlowId, attempt.Token!.CertificateId, attempt.At),
            new() { CorrelationId = attempt.FlowId, Actor = claimId }, cancellation);

    // Null when the authority did not say: then one signal of three is missing for one device.
    async Task<string?> KeyHash(string certificateId, CancellationToken cancellation)
    {
        if (await certificates.Find(certificateId, cancellation) is not { } pem || Pem.TryReadOnly(pem, Pem.Certificate) is not { } der) return null;
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        return Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    static NpgsqlParameter Text(string? text) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)text ?? DBNull.Value };
}
