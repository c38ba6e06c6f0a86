using FleetPlatform.Events.Auditing;
using Npgsql;

namespace FleetPlatform.Events;

/// <summary>
/// Compares the events that stand in the database with the store's hash chain and names every one that was changed, removed, inserted or moved, and every seal
/// that was changed. Whoever can write to the database could also write a whole new chain: keep a <see cref="ChainHead"/> elsewhere, and compare.
/// </summary>
public sealed class ChainVerifier(EventStore store)
{
    const int MaximumFindings = 100;
    const int SealsAtOnce = 16;

    const string ReadSeals = $"select {Seal.Columns} from fleet_seals where number > $1 and number <= $2 order by number limit $3";

    const string ReadEvents = $"select {SealedEvent.Columns} from mt_events e where e.seq_id > $1 and e.seq_id <= $2 order by e.seq_id";

    const string ReadHead = "select number, last_sequence, hash from fleet_seals order by number desc limit 1";

    const string ReadUnsealed = "select count(*), min(timestamp) from mt_events where seq_id > $1";

    /// <summary>Where the chain ends now, and what is behind it.</summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<ChainState> FindState(CancellationToken cancellation = default) => Reading(async connection =>
    {
        var head = await ReadHeadOn(connection, cancellation);
        // A statement of its own, in which the number is known when it is planned: as one with the look for it, it reads the whole store.
        await using var command = new NpgsqlCommand(ReadUnsealed, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = head.Sequence } } };
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return new ChainState(head, row.GetInt64(0), row.IsDBNull(1) ? null : row.GetFieldValue<DateTimeOffset>(1));
    }, cancellation);

    /// <summary>Where the chain ends now.</summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<ChainHead> FindHead(CancellationToken cancellation = default) => Reading(connection => ReadHeadOn(connection, cancellation), cancellation);

    /// <summary>Verifies the seals behind one, and the events they cover.</summary>
    /// <param name="from"><see cref="ChainHead.Origin"/> to begin, then <see cref="VerifiedStretch.End"/> of the stretch before.</param>
    /// <param name="untilSeal">Not beyond this seal.</param>
    /// <param name="enough">After this many events the stretch ends with the seal it is at; 1 to 100,000.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<VerifiedStretch> Verify(ChainHead from, long untilSeal = long.MaxValue, int enough = 4096, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(enough, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(enough, 100_000);
        return Reading(connection => Verify(connection, new Position(from), untilSeal, enough, cancellation), cancellation);
    }

    /// <summary>Follows the chain from one end to where it ends now, without a look at the events: 80 octets for each are read.</summary>
    /// <param name="from"><see cref="ChainHead.Origin"/>, or a head that was kept; its sequence number does not count.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The end; null when the chain does not run through that head, or not on from it.</returns>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    public Task<ChainHead?> Follow(ChainHead from, CancellationToken cancellation = default) => Reading<ChainHead?>(async connection =>
    {
        var sequence = 0L;
        if (from.Seal > 0)
        {
            if (await Read(connection, from.Seal - 1, from.Seal, cancellation) is not [var kept] || Convert.ToHexStringLower(kept.Hash) != from.Hash) return null;
            sequence = kept.LastSequence;
        }

        var position = new Position(new(from.Seal, sequence, from.Hash));
        while (await Read(connection, position.Seal, long.MaxValue, cancellation) is { Count: > 0 } seals)
            if (!seals.TrueForAll(seal => position.TryFollow(seal, out _))) return null;
        return position.Stretch(more: false).End;
    }, cancellation);

    static async Task<ChainHead> ReadHeadOn(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(ReadHead, connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation)
            ? new(row.GetInt64(0), row.GetInt64(1), Convert.ToHexStringLower(row.GetFieldValue<byte[]>(2)))
            : ChainHead.Origin;
    }

    static async Task<VerifiedStretch> Verify(NpgsqlConnection connection, Position position, long untilSeal, int enough, CancellationToken cancellation)
    {
        while (position.Events < enough && position.Findings.Count < MaximumFindings)
        {
            var seals = await Read(connection, position.Seal, untilSeal, cancellation);
            if (seals.Count == 0) return position.Stretch(more: false);
            foreach (var seal in seals)
            {
                if (position.TryFollow(seal, out var covered)) await Compare(connection, seal, covered, position, cancellation);
                if (position.Events >= enough || position.Findings.Count >= MaximumFindings) break;
            }
        }

        return position.Stretch(more: true);
    }

    static async Task<List<Seal>> Read(NpgsqlConnection connection, long after, long until, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(ReadSeals, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = until });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = SealsAtOnce });
        var seals = new List<Seal>();
        await using var row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation)) seals.Add(Seal.Read(row));
        return seals;
    }

    // Both in order of sequence numbers, side by side.
    static async Task Compare(NpgsqlConnection connection, Seal seal, List<SealedEvent> covered, Position position, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(ReadEvents, connection);
        // No number below 1 is ever drawn: what stands there was inserted before all others.
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seal.Number == 1 ? long.MinValue : seal.AfterSequence });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = seal.LastSequence });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        var next = 0;
        while (await row.ReadAsync(cancellation))
        {
            var found = SealedEvent.Read(row, position.Digest);
            while (next < covered.Count && covered[next].Sequence < found.Sequence) position.Find(ChainFault.EventMissing, seal, covered[next++]);
            if (next == covered.Count || covered[next].Sequence > found.Sequence)
            {
                position.Find(ChainFault.EventAdded, seal, found);
                continue;
            }

            position.Events++;
            if (!found.Hash.Span.SequenceEqual(covered[next].Hash.Span)) position.Find(ChainFault.EventChanged, seal, covered[next]);
            next++;
        }

        while (next < covered.Count) position.Find(ChainFault.EventMissing, seal, covered[next++]);
    }

    async Task<T> Reading<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Outage.Open(store.DataSource, cancellation);
            return await read(connection);
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            throw new EventStoreUnavailableException("The chain cannot be read at the moment.", failure);
        }
    }

    /// <summary>How far a stretch has come.</summary>
    sealed class Position(ChainHead from)
    {
        readonly List<SealedEvent> _covered = [];
        long _sequence = from.Sequence;
        byte[] _hash = Convert.FromHexString(from.Hash);

        public long Seal { get; private set; } = from.Seal;
        public long Events { get; set; }
        public List<ChainFinding> Findings { get; } = [];
        public Digest Digest { get; } = new();

        public VerifiedStretch Stretch(bool more) => new(Events, new(Seal, _sequence, Convert.ToHexStringLower(_hash)), more, Findings);

        public void Find(ChainFault fault, Seal seal, SealedEvent each)
        {
            if (Findings.Count < MaximumFindings) Findings.Add(new(fault, seal.Number, each.Sequence, each.Stream, each.Version));
        }

        /// <summary>Goes on to a seal. What it says of its events counts only when it is as it was; the seals behind it are held against the hash that is written.</summary>
        public bool TryFollow(Seal seal, out List<SealedEvent> covered)
        {
            covered = _covered;
            var (missing, follows) = (seal.Number != Seal + 1, seal.Recompute(_hash, Digest).AsSpan().SequenceEqual(seal.Hash));
            if (missing) Findings.Add(new(ChainFault.SealMissing, Seal + 1, 0));
            else if (!follows) Findings.Add(new(ChainFault.SealChanged, seal.Number, seal.LastSequence));
            (Seal, _sequence, _hash) = (seal.Number, seal.LastSequence, seal.Hash);
            return !missing && follows && SealedEvent.TryReadAll(seal.Content, _covered);
        }
    }
}
