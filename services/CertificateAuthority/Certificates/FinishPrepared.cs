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

    // Events younger than this may still be joined by some with lower numbers that commit later; those must not be passed over.
    static readonly TimeSpan Settled = TimeSpan.FromMinutes(5);

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
        var seen = await ReadMark(cancellation);
        var open = await FindOpen(seen, now - options.FinishAfter, cancellation);
        var finished = 0;
        foreach (var stream in open)
        {
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

        await MoveMark(seen, now - Settled, cancellation);
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

    async Task<List<StreamId>> FindOpen(long after, DateTimeOffset olderThan, CancellationToken cancellation)
    {
        // An open issuance is one whose stream never got past its first event.
        await using var find = store.DataSource.CreateCommand("""
            select e.stream_id from mt_events e join mt_streams s on s.id = e.stream_id and s.version = 1
            where e.seq_id > $1 and e.type = $2 and e.timestamp <= $3 order by e.seq_id limit $4
            """);
        Bind(find, after, EventNames.CertificatePrepared, olderThan, MaximumAtOnce);
        await using var rows = await find.ExecuteReaderAsync(cancellation);
        var open = new List<StreamId>();
        while (await rows.ReadAsync(cancellation))
            if (StreamId.TryParse(rows.GetString(0), out var stream)) open.Add(stream);
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

    // Everything up to the mark is finished for good: a search reads only what is newer.
    async Task MoveMark(long from, DateTimeOffset settledBefore, CancellationToken cancellation)
    {
        await using var move = store.DataSource.CreateCommand("""
            with open as (
                select min(p.seq_id) as first from mt_events p join mt_streams s on s.id = p.stream_id and s.version = 1
                where p.seq_id > $1 and p.type = $2)
            insert into fleet_prepared_mark (id, seq_id)
            select 1, max(e.seq_id) from mt_events e, open
            where e.seq_id > $1 and e.timestamp < $3 and (open.first is null or e.seq_id < open.first)
            having max(e.seq_id) is not null
            on conflict (id) do update set seq_id = greatest(fleet_prepared_mark.seq_id, excluded.seq_id)
            """);
        Bind(move, from, EventNames.CertificatePrepared, settledBefore);
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
