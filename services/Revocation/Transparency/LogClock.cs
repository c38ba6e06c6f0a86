using System.Diagnostics.Metrics;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki.Transparency;
using FleetPlatform.ServiceDefaults;
using Npgsql;

namespace FleetPlatform.Revocation.Transparency;

/// <summary>
/// Enters what was issued, and has the log's state signed by the authority, again and again. What is due is read from the database, so any replica can do it; two
/// at once do each other no harm.
/// </summary>
sealed class LogClock : WorkLoop
{
    const int Page = 256;

    readonly TransparencyLog _transparency;
    readonly Checkpoints _checkpoints;
    readonly IAsk _ask;
    readonly RevocationOptions _options;
    readonly TimeProvider _clock;
    readonly ILogger _log;
    readonly Counter<long> _failures;

    public LogClock(TransparencyLog transparency, Checkpoints checkpoints, IAsk ask, RevocationOptions options, FleetService service, TimeProvider clock, ILogger<LogClock> log)
        : base(clock)
    {
        (_transparency, _checkpoints, _ask, _options, _clock, _log) = (transparency, checkpoints, ask, options, clock, log);
        _failures = service.Meter.CreateCounter<long>("fleet.revocation.log_failures", "{turn}", "Turns in which the transparency log did not get on. An alarm when it goes on.");
    }

    protected override TimeSpan Pause => _options.LogPeriod;

    /// <summary>Why the last turn failed; null when it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Enters what is due and has it signed.</summary>
    public async Task Turn(CancellationToken cancellation)
    {
        while (await _transparency.AppendIssued(Page, cancellation) == Page)
        {
        }

        var size = await _transparency.FindSize(cancellation);
        var signed = (await _checkpoints.Find(cancellation))?.Size ?? 0;
        if (size == signed) return;
        var answer = await Ask(signed, size, cancellation);
        if (answer.Note is null) answer = await Ask(answer.LastSize, size, cancellation); // it has signed one that a crash kept from being stored
        await _checkpoints.Keep(new(size, answer.Note ?? throw new LogRefusedException("Another replica is at it."), answer.SubjectPublicKeyInfo), _clock.GetUtcNow(), cancellation);
    }

    protected override async Task Look(CancellationToken stopping)
    {
        await Turn(stopping);
        Failure = null;
    }

    protected override void Postpone(Exception failure)
    {
        _failures.Add(1);
        Failure = failure.Message;
        Log.LogNotSigned(_log, failure.Message);
    }

    async Task<CheckpointSigned> Ask(long former, long size, CancellationToken cancellation)
    {
        if (former > size) throw new LogRefusedException($"The authority has signed {former} entries and {size} are there: some were lost.");
        var answer = await _ask.Ask<SignCheckpoint, CheckpointSigned>(new()
        {
            Origin = _options.LogOrigin,
            Size = size,
            Root = await _transparency.FindRoot(size, cancellation),
            FormerSize = former,
            ConsistencyProof = await _transparency.FindHashes(MerkleTree.ConsistencyProof(former, size), cancellation),
        }, cancellation);
        return answer.Value ?? throw new LogRefusedException(answer.Refused!.Detail);
    }
}

/// <summary>The log cannot go on as it is.</summary>
sealed class LogRefusedException(string message) : Exception(message);

/// <summary>The newest checkpoint.</summary>
sealed record StoredCheckpoint(long Size, string Note, byte[] Key);

/// <summary>Where it is kept: one for each name the log has had.</summary>
sealed class Checkpoints(NpgsqlDataSource database, RevocationOptions options)
{
    public async Task<StoredCheckpoint?> Find(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select size, note, key from fleet_log_checkpoints where origin = $1");
        command.Parameters.Add(new() { Value = options.LogOrigin });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? new(row.GetInt64(0), row.GetString(1), row.GetFieldValue<byte[]>(2)) : null;
    }

    public async Task Keep(StoredCheckpoint checkpoint, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            insert into fleet_log_checkpoints (origin, size, note, key, at) values ($1, $2, $3, $4, $5)
            on conflict (origin) do update set size = excluded.size, note = excluded.note, key = excluded.key, at = excluded.at
            where fleet_log_checkpoints.size < excluded.size
            """);
        foreach (var value in (object[])[options.LogOrigin, checkpoint.Size, checkpoint.Note, checkpoint.Key, now]) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
