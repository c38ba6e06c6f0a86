using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using Npgsql;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>
/// Heals what a crash left between intent and fact: signs the same octets, or records that nobody is left who could use the certificate.
/// At start and on a timer. Two replicas may do it at once, and a slow issuer may still be at it: the stream's version lets one win.
/// </summary>
sealed class FinishPrepared(
    EventStore store, IssuerRing ring, KeyRules keys, CertificateAuthorityOptions options, TimeProvider clock, ILogger<FinishPrepared> logger) : BackgroundService
{
    const int MaximumAtOnce = 200;

    // An open issuance is one whose stream never got past its first event. That is asked of what is new, in one pass over it; the streams of the few that seem
    // to be open are looked up, because an event with a lower number may have closed one. As a join of all that is new with the streams it took a second for
    // each 100,000 certificates.
    const string SelectOpen = """
        with recent as materialized (
            select stream_id, min(seq_id) as seq_id, min(timestamp) as timestamp from mt_events
            where seq_id > $1 and type in ($2, $3, $4) group by stream_id having max(version) = 1)
        select recent.* from recent join mt_streams s on s.id = stream_id and s.version = 1 order by seq_id limit $5
        """;

    readonly Frontier _frontier = new();

    /// <summary>What becomes of an open issuance: null to sign it, else why it is given up. Pure.</summary>
    /// <param name="canSign">Whether the authority that prepared it is still open, and trusted by its root.</param>
    /// <param name="keyIsFree">Whether nobody else has a certificate on its key.</param>
    public static CertificateAbandoned? Decide(CertificatePrepared intent, bool canSign, bool keyIsFree, DateTimeOffset now) => intent switch
    {
        { KeyOrigin: KeyOrigin.Authority } => new() { Reason = "The private key was lost with the process that made it." },
        _ when now - intent.PreparedAt > OwnershipToken.Lifetime => new() { Reason = "Too old to be claimed." },
        _ when !keyIsFree => new() { Reason = "Its key was certified for another request, or blocked, meanwhile." },
        _ when !canSign => new() { Reason = "Its issuer signs no more." },
        _ => null,
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.FinishPeriod, clock);
        do
        {
            try
            {
                await Run(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.FinishingPostponed(logger, failure.Message, Failures.IsTransient(failure) ? null : failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One search.</summary>
    /// <returns>How many were finished.</returns>
    public async Task<int> Run(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var settled = await FindSettled(cancellation); // first: what the search then does not find up to there is finished for good
        var open = await FindOpen(await ReadMark(cancellation), cancellation);
        var finished = 0;
        foreach (var (stream, _, since) in open)
        {
            if (since > now - options.FinishAfter) continue; // it may still be under way
            try
            {
                if (await Finish(stream, now, cancellation)) finished++;
            }
            catch (Exception unreadable) when (unreadable is PkiException or CryptographicException)
            {
                // One damaged record, or one issuer whose token is away, must not keep the others from theirs; it stays open and is named every time.
                Log.Unreadable(logger, stream.Value, unreadable.Message);
            }
        }

        await MoveMark(open.Count == 0 ? settled : Math.Min(settled, open[0].Sequence - 1), cancellation);
        return finished;
    }

    async Task<bool> Finish(StreamId stream, DateTimeOffset now, CancellationToken cancellation)
    {
        var session = store.OpenSession(new() { Actor = "certificate-authority", CorrelationId = stream.Key });
        var fetched = await session.FetchForWriting<Issuance, IssuanceEvent>(stream, cancellation);
        if (!fetched.Aggregate.IsOpen) return false;
        var intent = fetched.Aggregate.Prepared!;
        var issuer = ring.Find(intent.IssuerId);
        if (await keys.IsStillFree(intent, cancellation) is not { } keyIsFree) return false; // it is decided when the other request is
        if (Decide(intent, canSign: issuer is not null && !ring.IsRevoked(issuer), keyIsFree, now) is { } abandoned)
        {
            fetched.Append(abandoned);
            Log.Abandoned(logger, intent.FlowId, intent.SerialNumber, abandoned.Reason);
        }
        else
        {
            SignPrepared.Close(session, Sign(intent, issuer!, now), now - intent.PreparedAt);
            Log.Finished(logger, intent.FlowId, intent.SerialNumber);
        }

        try
        {
            await session.SaveChangesAsync(cancellation);
            return true;
        }
        catch (ConcurrencyException)
        {
            return false; // finished elsewhere
        }
    }

    static CertificateSigned Sign(CertificatePrepared intent, ActiveIssuer issuer, DateTimeOffset now)
    {
        var prepared = issuer.Signer.Resume(intent.Tbs);
        return SignPrepared.Describe(intent, prepared, issuer.Signer.Sign(prepared), now);
    }

    async Task<long> FindSettled(CancellationToken cancellation)
    {
        await using var connection = await store.DataSource.OpenConnectionAsync(cancellation);
        return (await _frontier.Advance(connection, cancellation)).Safe;
    }

    async Task<List<(StreamId Stream, long Sequence, DateTimeOffset Since)>> FindOpen(long after, CancellationToken cancellation)
    {
        await using var find = store.DataSource.CreateCommand(SelectOpen);
        Bind(find, after, EventNames.CertificatePrepared, EventNames.IssuanceCompleted, EventNames.CertificateAbandoned, MaximumAtOnce);
        await using var rows = await find.ExecuteReaderAsync(cancellation);
        var open = new List<(StreamId, long, DateTimeOffset)>();
        while (await rows.ReadAsync(cancellation))
            if (StreamId.TryParse(rows.GetString(0), out var stream)) open.Add((stream, rows.GetInt64(1), rows.GetFieldValue<DateTimeOffset>(2)));
        return open;
    }

    static void Bind(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
    }

    async Task<long> ReadMark(CancellationToken cancellation)
    {
        await using var read = store.DataSource.CreateCommand("select seq_id from fleet_prepared_mark where id = 1");
        return await read.ExecuteScalarAsync(cancellation) as long? ?? 0;
    }

    // A search reads only what is newer than the mark. Another replica may have moved it further.
    async Task MoveMark(long to, CancellationToken cancellation)
    {
        await using var move = store.DataSource.CreateCommand("""
            insert into fleet_prepared_mark (id, seq_id) values (1, $1)
            on conflict (id) do update set seq_id = excluded.seq_id where fleet_prepared_mark.seq_id < excluded.seq_id
            """);
        Bind(move, to);
        await move.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>How far the search has come. Nothing is projected: the search writes it.</summary>
sealed class PreparedMark : IInlineProjection
{
    public string Name => "prepared-mark";

    public IReadOnlyList<string> Tables => [];

    public string Schema => "create table if not exists fleet_prepared_mark (id int primary key, seq_id bigint not null);";

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
    }
}
