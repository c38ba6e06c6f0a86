using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.Events.Reading;
using MassTransit;
using Npgsql;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>A device has used one of its certificates: the proof of the new one, or the sign that it has fallen back to the old.</summary>
sealed class NoteUse(EventStore store, RotationsTable table, TimeProvider clock)
{
    readonly GroupRead<string, IReadOnlyList<CertificateUse>> _uses = Lookups.By(store, """
        select wanted.id, found.thing_name, found.connected_at, found.published_at from unnest($1) wanted (id)
        cross join lateral (select * from fleet_uses u where u.certificate_id = wanted.id limit 1) found
        """, Read);

    /// <summary>How late news of an earlier connection may be. Older than that, it is the clocks that have jumped, and order counts.</summary>
    static readonly TimeSpan LatestNews = TimeSpan.FromHours(1);

    public static Decision<RotationEvent> Decide(CertificateUse use, Rotation rotation, DateTimeOffset now)
    {
        if (!rotation.IsOpen) return Decision<RotationEvent>.Nothing;
        if (rotation.Offers.Contains(use.CertificateId)) return Proof(use, rotation, now);

        var fellBack = rotation.Phase == RotationPhase.Overlap && use.Kind == CertificateUseKind.Connected && rotation.Old.Contains(use.CertificateId)
            && (use.At > rotation.ProvenAt || rotation.ProvenAt - use.At > LatestNews);
        if (!fellBack || rotation.Expendable([rotation.Proven!]).Count == 0) return Decision<RotationEvent>.Nothing;
        return AttemptEnds.With(FailureCodes.RolledBack, "The device connected with its old certificate after the new one was proven.", rotation, now);
    }

    static Decision<RotationEvent> Proof(CertificateUse use, Rotation rotation, DateTimeOffset now)
    {
        var events = new List<RotationEvent>();
        if (!rotation.Connected.Contains(use.CertificateId)) events.Add(new OfferConnected(use.CertificateId) { At = use.At });
        if (use.Kind == CertificateUseKind.Published) events.Add(Proven(use.CertificateId, rotation, use.At, now));
        return Decision<RotationEvent>.Of(events);
    }

    /// <summary>The proof of an offer. What was registered before it was overwritten by it, and is given up.</summary>
    public static OfferProven Proven(string certificateId, Rotation rotation, DateTimeOffset at, DateTimeOffset now)
    {
        var registeredAt = rotation.RegisteredAt(certificateId);
        var state = rotation.Evolve(new OfferProven(certificateId, now, []) { At = at });
        return new(certificateId, now + rotation.Terms.Overlap, state.Expendable(state.Offers.Where(id => state.RegisteredAt(id) < registeredAt))) { At = at };
    }

    /// <summary>Several of one connection, in order, in one transaction.</summary>
    public static Decision<RotationEvent> Decide(IEnumerable<CertificateUse> uses, Rotation rotation, DateTimeOffset now)
    {
        var events = new List<RotationEvent>();
        foreach (var use in uses)
        {
            var decided = Decide(use, rotation, now).Events;
            events.AddRange(decided);
            rotation = decided.Aggregate(rotation, static (state, @event) => state.Evolve(@event));
        }

        return Decision<RotationEvent>.Of(events);
    }

    /// <param name="uses">At least one, all of one connection.</param>
    public async Task Handle(string thing, int number, IReadOnlyList<CertificateUse> uses, CancellationToken cancellation)
    {
        if (number == 0) return;
        await store.WriteToAggregate<Rotation, RotationEvent>(Rotation.StreamOf(thing, number),
            rotation => Decide(uses, rotation, clock.GetUtcNow()), new() { Actor = uses[0].CertificateId, CorrelationId = uses[0].SessionId }, cancellation);
    }

    /// <summary>Remembers uses, whatever is known of the certificates yet.</summary>
    public async Task Remember(IReadOnlyList<CertificateUse> items, CancellationToken cancellation)
    {
        var uses = items.GroupBy(use => use.CertificateId, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToArray();
        await using var command = store.DataSource.CreateCommand("""
            insert into fleet_uses as u (certificate_id, thing_name, connected_at, published_at) select * from unnest($1, $2, $3, $4)
            on conflict (certificate_id) do update set thing_name = excluded.thing_name,
                connected_at = greatest(u.connected_at, excluded.connected_at), published_at = greatest(u.published_at, excluded.published_at)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Sql.Texts(uses.Select(group => group.Key)), Sql.Texts(uses.Select(group => group.Last().ThingName)),
            Sql.Times(uses.Select(group => Last(group, CertificateUseKind.Connected))), Sql.Times(uses.Select(group => Last(group, CertificateUseKind.Published))),
        ]);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>What was remembered of a certificate; nothing when it was never used.</summary>
    public async Task<IReadOnlyList<CertificateUse>> Find(string certificateId, CancellationToken cancellation) =>
        (await _uses.Read([certificateId], cancellation))[certificateId].FirstOrDefault() ?? [];

    static IReadOnlyList<CertificateUse> Read(NpgsqlDataReader row)
    {
        var uses = new List<CertificateUse>();
        foreach (var (column, kind) in ((int, CertificateUseKind)[])[(2, CertificateUseKind.Connected), (3, CertificateUseKind.Published)])
        {
            if (row.Time(column) is { } at) uses.Add(new() { CertificateId = row.GetString(0), ThingName = row.GetString(1), SessionId = "", Kind = kind, At = at });
        }

        return uses;
    }

    /// <summary>Tells the thing's latest rotation.</summary>
    public async Task Handle(IReadOnlyList<CertificateUse> uses, CancellationToken cancellation) =>
        await Handle(uses[0].ThingName, await table.LatestNumber(uses[0].ThingName, cancellation), uses, cancellation);

    static DateTimeOffset? Last(IEnumerable<CertificateUse> uses, CertificateUseKind kind) =>
        uses.LastOrDefault(use => use.Kind == kind) is { } use ? use.At : null;
}

sealed class CertificatesUsedConsumer(NoteUse uses) : IConsumer<CertificatesUsed>
{
    public async Task Consume(ConsumeContext<CertificatesUsed> context)
    {
        // Remembered first: the news of the certificate, should it come only now, finds the use or is found by it.
        await uses.Remember(context.Message.Items, context.CancellationToken);
        await Task.WhenAll(context.Message.Items.GroupBy(use => use.ThingName, StringComparer.Ordinal).Select(async thing =>
        {
            foreach (var session in thing.GroupBy(use => (use.SessionId, use.CertificateId))) await uses.Handle([.. session], context.CancellationToken);
        }));
    }
}
