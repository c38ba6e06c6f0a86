using FleetPlatform.Contracts.TemplateEngine;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>A file of lines as somebody uploaded it.</summary>
/// <param name="Lines">0 when there is none.</param>
/// <param name="FollowsGap">The first part without the one before it; null when none is missing.</param>
readonly record struct RegistrationInput(Guid Upload, int Lines, int? FollowsGap = null);

/// <summary>
/// Inputs of bulk registrations, as they were uploaded, in parts. Each upload has an identity of its own, and never changes once a task was to be started with it: so a task keeps its lines
/// and nobody copies them. Written behind no events, so there is nothing to project.
/// </summary>
sealed class InputsTable : IInlineProjection
{
    public string Name => "registration-inputs";

    public IReadOnlyList<string> Tables => [];

    // What was uploaded, and the copies that open tasks had, before uploads had identities: a task without one has its own id for it.
    public string Schema => """
        create table if not exists fleet_registration_uploads (
            upload uuid primary key, bucket text collate "C" not null, key text collate "C" not null, uploaded_at timestamptz not null, used_at timestamptz null);
        create index if not exists fleet_registration_uploads_of_key on fleet_registration_uploads (bucket, key, uploaded_at);
        create table if not exists fleet_registration_parts (
            upload uuid references fleet_registration_uploads on delete cascade, part int, lines text[] not null,
            line_count int not null generated always as (cardinality(lines)) stored, lines_before int null, primary key (upload, part));
        do $$ begin
            if to_regclass('fleet_registration_inputs') is not null then
                insert into fleet_registration_uploads select md5(bucket || '/' || key)::uuid, bucket, key, max(uploaded_at), null from fleet_registration_inputs group by bucket, key;
                insert into fleet_registration_parts (upload, part, lines) select md5(bucket || '/' || key)::uuid, part, lines from fleet_registration_inputs;
                insert into fleet_registration_uploads select task_id::uuid, '', task_id, now(), now() from fleet_registration_tasks where ended_at is null;
                insert into fleet_registration_parts (upload, part, lines, lines_before)
                select task_id::uuid, (line - 1) / 256, array_agg(text order by line), (line - 1) / 256 * 256
                from fleet_registration_lines join fleet_registration_tasks using (task_id) where ended_at is null group by task_id, (line - 1) / 256;
                drop table fleet_registration_inputs;
            end if;
        end $$;
        """;

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
    }

    /// <summary>Keeps a part; the first one begins a file of its name anew.</summary>
    public static async Task<(RegistrationInputDescription?, Refusal?)> Put(
        PutRegistrationInput part, int maximumLines, DateTimeOffset now, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (part.Part == 0) await Begin(part, now, connection, cancellation);
        if (await FindNewest(part.Bucket, part.Key, connection, cancellation) is not { } newest)
            return (null, new(Reasons.InvalidRequest.Code, "There is no such input yet. Begin with part 0."));
        if (newest.IsComplete)
            return (null, new(Reasons.InvalidRequest.Code, "A task was started with this input, which is complete therefore. Begin a new one with part 0."));

        await using var put = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("insert into fleet_registration_parts (upload, part, lines) values ($1, $2, $3) on conflict (upload, part) do update set lines = excluded.lines")
                {
                    Parameters = { Id(newest.Upload), new() { Value = part.Part }, new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = part.Lines.ToArray() } },
                },
                new("select count(*)::int, coalesce(sum(line_count), 0)::int from fleet_registration_parts where upload = $1") { Parameters = { Id(newest.Upload) } },
            },
        };
        RegistrationInputDescription described;
        await using (var rows = await put.ExecuteReaderAsync(cancellation))
        {
            await rows.ReadAsync(cancellation);
            described = new() { Parts = rows.GetInt32(0), Lines = rows.GetInt32(1) };
        }

        if (described.Lines > maximumLines) return (null, new(Reasons.LimitExceeded.Code, $"The input has more than {maximumLines} lines. Give each task a part of it."));
        await transaction.CommitAsync(cancellation);
        return (described, null);
    }

    /// <summary>Ends an input: from now on it has these lines, each with its number.</summary>
    public static async Task<RegistrationInput> Complete(string bucket, string key, DateTimeOffset now, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await FindNewest(bucket, key, connection, cancellation) is not { } newest) return default;
        await NumberLines(newest.Upload, now, connection, cancellation);
        var input = await Describe(newest.Upload, connection, cancellation);
        if (input.FollowsGap is null) await transaction.CommitAsync(cancellation); // one with a gap can be mended
        return input;
    }

    /// <summary>The lines that follow on one, in their order.</summary>
    public static async Task<IReadOnlyList<(int Number, string Text)>> ReadLines(Guid upload, int after, int limit, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select p.lines_before + l.number::int, l.text from fleet_registration_parts p, unnest(p.lines) with ordinality l(text, number)
            where p.upload = $1 and p.lines_before < $3 and p.lines_before + p.line_count > $2 and p.lines_before + l.number > $2 and p.lines_before + l.number <= $3
            order by 1
            """);
        foreach (var parameter in (NpgsqlParameter[])[Id(upload), new() { Value = after }, new() { Value = after + limit }]) command.Parameters.Add(parameter);
        var lines = new List<(int, string)>(limit);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) lines.Add((rows.GetInt32(0), rows.GetString(1)));
        return lines;
    }

    /// <summary>Drops what was uploaded long ago and no task was started with since, unless one that has not ended needs it.</summary>
    public static async Task Forget(DateTimeOffset before, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            delete from fleet_registration_uploads u where greatest(uploaded_at, used_at) < $1
                and not exists (select 1 from fleet_registration_tasks t where t.upload = u.upload and t.ended_at is null)
            """);
        command.Parameters.Add(At(before));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // What no task was started with yet makes room.
    static async Task Begin(PutRegistrationInput part, DateTimeOffset now, NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var begin = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("delete from fleet_registration_uploads where bucket = $1 and key = $2 and used_at is null") { Parameters = { Text(part.Bucket), Text(part.Key) } },
                new("insert into fleet_registration_uploads (upload, bucket, key, uploaded_at) values ($1, $2, $3, $4)")
                {
                    Parameters = { Id(Guid.CreateVersion7()), Text(part.Bucket), Text(part.Key), At(now) },
                },
            },
        };
        await begin.ExecuteNonQueryAsync(cancellation);
    }

    // Locked: while it is completed no part is put into it.
    static async Task<(Guid Upload, bool IsComplete)?> FindNewest(string bucket, string key, NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var find = new NpgsqlCommand(
            "select upload, used_at is not null from fleet_registration_uploads where bucket = $1 and key = $2 order by uploaded_at desc, upload desc limit 1 for update", connection)
        {
            Parameters = { Text(bucket), Text(key) },
        };
        await using var row = await find.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? (row.GetGuid(0), row.GetBoolean(1)) : null;
    }

    static async Task NumberLines(Guid upload, DateTimeOffset now, NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var number = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("""
                    update fleet_registration_parts p set lines_before = n.lines_before
                    from (select part, sum(line_count) over (order by part) - line_count as lines_before from fleet_registration_parts where upload = $1) n
                    where p.upload = $1 and p.part = n.part and p.lines_before is null
                    """) { Parameters = { Id(upload) } },
                new("update fleet_registration_uploads set used_at = $2 where upload = $1") { Parameters = { Id(upload), At(now) } },
            },
        };
        await number.ExecuteNonQueryAsync(cancellation);
    }

    static async Task<RegistrationInput> Describe(Guid upload, NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var describe = new NpgsqlCommand("""
            select coalesce(sum(line_count), 0)::int, min(part) filter (where part <> position) from (
                select row_number() over (order by part) - 1 as position, part, line_count from fleet_registration_parts where upload = $1) p
            """, connection) { Parameters = { Id(upload) } };
        await using var row = await describe.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return new(upload, row.GetInt32(0), FollowsGap: row.IsDBNull(1) ? null : row.GetInt32(1));
    }

    static NpgsqlParameter<Guid> Id(Guid upload) => new() { TypedValue = upload };

    static NpgsqlParameter Text(string text) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = text };

    static NpgsqlParameter At(DateTimeOffset at) => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at.UtcDateTime };
}
