using System.Buffers;
using System.Data;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;
using Npgsql;

namespace FleetPlatform.Revocation.Lists;

/// <summary>The authority did not sign a list.</summary>
sealed class ListNotSignedException(string message) : Exception(message);

/// <summary>
/// Builds a list, has it signed, publishes it. The entries stream from the database into pieces of the database, and from there to the authority and
/// to whoever fetches the list: a million of them never are in memory.
/// </summary>
sealed class CutList(EventStore store, NpgsqlDataSource database, IAsk ask, RevocationOptions options, TimeProvider clock)
{
    const int PartOctets = 256 * 1024;
    static readonly TimeSpan PatiencePerPart = TimeSpan.FromSeconds(1);

    // An entry stays on lists until one that was cut after its certificate expired (RFC 5280 §3.3).
    const string Whole = """
        select serial, revoked_at, reason, certificate_id, listed from fleet_entries
        where issuer_id = $1 and shard = $2 and reason is not null and (not_after >= $3 or not listed) order by serial
        """;

    const string WholeOfAll = """
        select serial, revoked_at, reason, certificate_id, true from fleet_entries
        where issuer_id = $1 and reason is not null and (not_after >= $3 or not listed) and $2::int is null order by serial
        """;

    const string Changes = """
        select serial, revoked_at, reason, certificate_id, true from fleet_entries
        where issuer_id = $1 and changed_at > $3 and $2::int is null order by serial
        """;

    // What was committed a moment after a whole list was read may carry an earlier time: a delta repeats this much, which does no harm.
    static readonly TimeSpan Overlap = TimeSpan.FromMinutes(2);

    /// <summary>Cuts the next list of a name.</summary>
    /// <param name="name">Which.</param>
    /// <param name="issuer">Its authority.</param>
    /// <param name="basis">Of a delta: the whole list that is published.</param>
    /// <param name="cancellation">Gives up; nothing is published then.</param>
    /// <returns>Certificates that are on a list of theirs for the first time.</returns>
    /// <exception cref="ListNotSignedException">The authority refused, or did not answer.</exception>
    public async Task<IReadOnlyList<string>> Handle(ListName name, RevocationIssuer issuer, PublishedList? basis, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var now = WholeSecond(clock.GetUtcNow());
        var session = store.OpenSession(new() { Actor = "revocation" });
        var stream = await session.FetchForWriting<RevocationList, ListEvent>(name.Stream, cancellation);
        var authority = CertificateText.ReadPem(issuer.CertificatePem);
        var points = issuer.RevocationUrl is { } url ? new RevocationPoints(url, issuer.IssuerId, issuer.Shards) : null;
        var fields = new RevocationListFields
        {
            SignatureAlgorithm = issuer.SignatureAlgorithm, Issuer = authority.Subject, IssuerKeyIdentifier = authority.SubjectKeyIdentifier ?? default,
            ThisUpdate = now, NextUpdate = Earliest(now + (name.IsDelta ? options.DeltaLife : options.ListLife), authority.NotAfter),
            Number = stream.Aggregate.NextNumber(clock.GetUtcNow()), BaseNumber = name.IsDelta ? basis!.Number : null,
            DistributionPoint = name.Shard is { } shard ? points?.ListUrl(shard) : null,
            FreshestList = name is { Shard: null, IsDelta: false } ? points?.DeltaUrl : null,
        };

        var draft = Guid.CreateVersion7();
        var (parts, entries, octets, fresh) = await Write(draft, name, fields, basis, cancellation);
        var signature = await Sign(draft, parts, issuer, cancellation);
        stream.Append(new ListCut(name.Id, fields.Number, fields.BaseNumber, fields.ThisUpdate, fields.NextUpdate, entries, octets));
        await session.SaveChangesAsync(cancellation); // on the expected version: of two who cut the same list, one publishes
        await Publish(name, draft, parts, fields, entries, octets, signature, clock.GetElapsedTime(began), cancellation);
        return fresh;
    }

    async Task<(int Parts, long Entries, long Octets, IReadOnlyList<string> Fresh)> Write(
        Guid draft, ListName name, RevocationListFields fields, PublishedList? basis, CancellationToken cancellation)
    {
        await using var reading = await database.OpenConnectionAsync(cancellation);
        await using var snapshot = await reading.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var command = new NpgsqlCommand(name.IsDelta ? Changes : name.Shard is null ? WholeOfAll : Whole, reading, snapshot);
        command.Parameters.Add(TrustTable.Text(name.IssuerId));
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer, Value = (object?)name.Shard ?? DBNull.Value });
        command.Parameters.Add(TrustTable.At(name.IsDelta ? basis!.ThisUpdate - Overlap : fields.ThisUpdate));
        command.CommandTimeout = 0;

        var fresh = new List<string>();
        var buffer = new ArrayBufferWriter<byte>(PartOctets + 128);
        var (part, entries, length) = (1, 0L, 0L);
        await using (var rows = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation))
        {
            while (await rows.ReadAsync(cancellation))
            {
                var serial = rows.GetFieldValue<byte[]>(0);
                var revokedAt = rows.GetFieldValue<DateTimeOffset>(1);
                RevocationListWriter.WriteEntry(buffer, ListReasons.Entry(serial, Earliest(revokedAt, fields.ThisUpdate), rows.IsDBNull(2) ? null : rows.GetString(2)));
                var id = rows.GetString(3);
                if (!rows.GetBoolean(4)) fresh.Add(id);
                entries++;
                if (buffer.WrittenCount < PartOctets) continue;
                length += buffer.WrittenCount;
                await Store(draft, part++, buffer.WrittenMemory, cancellation);
                buffer.ResetWrittenCount();
            }
        }

        length += buffer.WrittenCount;
        var (head, tail) = RevocationListWriter.WriteAround(fields, length);
        await Store(draft, 0, head, cancellation);
        buffer.Write(tail);
        await Store(draft, part, buffer.WrittenMemory, cancellation);
        return (part + 1, entries, head.Length + length + tail.Length, fresh);
    }

    async Task<byte[]> Sign(Guid draft, int parts, RevocationIssuer issuer, CancellationToken cancellation)
    {
        // All other lists wait meanwhile: an answer that was lost must not hold a short one up for as long as a long one takes.
        var patience = options.SigningPatience + (parts * PatiencePerPart);
        try
        {
            var answer = await ask.Ask<SignRevocationList, RevocationListSigned>(new() { IssuerId = issuer.IssuerId, DraftId = draft, Parts = parts }, patience, cancellation);
            return answer.Value?.Signature ?? throw new ListNotSignedException($"The authority refuses: {answer.Refused!.Detail}");
        }
        catch (RequestUnavailableException away)
        {
            throw new ListNotSignedException($"The authority does not answer: {away.Message}");
        }
    }

    async Task Store(Guid draft, int part, ReadOnlyMemory<byte> octets, CancellationToken cancellation)
    {
        await using var insert = database.CreateCommand("insert into fleet_list_parts (draft_id, part, octets) values ($1, $2, $3)");
        insert.Parameters.Add(new() { Value = draft });
        insert.Parameters.Add(new() { Value = part });
        insert.Parameters.Add(new() { Value = octets });
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    async Task Publish(
        ListName name, Guid draft, int parts, RevocationListFields fields, long entries, long octets, byte[] signature, TimeSpan duration, CancellationToken cancellation)
    {
        await using var publish = database.CreateCommand("""
            insert into fleet_lists (list_id, draft_id, parts, number, base_number, this_update, next_update, entries, length, algorithm, signature, seconds)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (list_id) do update set draft_id = excluded.draft_id, former_draft_id = fleet_lists.draft_id, parts = excluded.parts, number = excluded.number,
                base_number = excluded.base_number, this_update = excluded.this_update, next_update = excluded.next_update, entries = excluded.entries,
                length = excluded.length, algorithm = excluded.algorithm, signature = excluded.signature, seconds = excluded.seconds
            where fleet_lists.number < excluded.number
            """);
        foreach (var value in (object[])[name.Id, draft, parts, fields.Number, (object?)fields.BaseNumber ?? DBNull.Value, fields.ThisUpdate.UtcDateTime,
            fields.NextUpdate.UtcDateTime, entries, octets, fields.SignatureAlgorithm, signature, duration.TotalSeconds])
            publish.Parameters.Add(value is DBNull ? new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint, Value = value } : new() { Value = value });
        await publish.ExecuteNonQueryAsync(cancellation);
    }

    static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    static DateTimeOffset Earliest(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

sealed class ReadListPartConsumer(NpgsqlDataSource database) : MassTransit.IConsumer<ReadListPart>
{
    public async Task Consume(MassTransit.ConsumeContext<ReadListPart> context)
    {
        await using var select = database.CreateCommand("select octets from fleet_list_parts where draft_id = $1 and part = $2");
        select.Parameters.Add(new() { Value = context.Message.DraftId });
        select.Parameters.Add(new() { Value = context.Message.Part });
        var octets = await select.ExecuteScalarAsync(context.CancellationToken) as byte[];
        await (octets is null
            ? context.RespondAsync(Contracts.Reasons.NotFound.ToRefused("There is no such part."))
            : context.RespondAsync(new ListPart { Octets = octets }));
    }
}
