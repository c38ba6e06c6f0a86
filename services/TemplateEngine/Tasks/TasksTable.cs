using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>Tasks, for listing and for who carries them out; inputs as they were uploaded; and each task's own copy of its lines, with what became of them.</summary>
sealed class TasksTable : IInlineProjection
{
    /// <summary>About 1 KiB each: an answer of less than 256 KiB.</summary>
    const int ResultsAtOnce = 100;

    public string Name => "registration-tasks";

    public string Schema => """
        create table if not exists fleet_registration_tasks (task_id text collate "C" primary key, status text not null, ended_at timestamptz null);
        create table if not exists fleet_registration_inputs (
            bucket text collate "C", key text collate "C", part int, lines text[] not null, uploaded_at timestamptz not null, primary key (bucket, key, part));
        create table if not exists fleet_registration_lines (
            task_id text collate "C", line int, text text not null, failed boolean null, answer text null, primary key (task_id, line));
        """;

    // Inputs, lines and outcomes do not follow from events: a rebuild keeps them.
    public IReadOnlyList<string> Tables => ["fleet_registration_tasks"];

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.Data is not TaskEvent) return;
        switch (e.Data)
        {
            case TaskStarted started:
                batch.Add("insert into fleet_registration_tasks (task_id, status) values ($1, 'InProgress')", Id(e));
                batch.Add("""
                    insert into fleet_registration_lines (task_id, line, text)
                    select $1, row_number() over (order by i.part, l.ordinal), l.text from fleet_registration_inputs i, unnest(i.lines) with ordinality l(text, ordinal)
                    where i.bucket = $2 and i.key = $3 on conflict do nothing
                    """, Id(e), Text(started.InputFileBucket), Text(started.InputFileKey));
                break;
            case TaskStopOrdered:
                batch.Add("update fleet_registration_tasks set status = 'Cancelling' where task_id = $1", Id(e));
                break;
            case TaskEnded ended:
                batch.Add("update fleet_registration_tasks set status = $2, ended_at = $3 where task_id = $1",
                    Id(e), Text((ended.Cancelled ? RegistrationTaskStatus.Cancelled : RegistrationTaskStatus.Completed).ToString()), At(ended.At));
                break;
        }
    }

    /// <summary>Keeps a part; the first one replaces a file of its name.</summary>
    public static async Task<(RegistrationInputDescription?, Refusal?)> PutInput(
        PutRegistrationInput part, int maximumLines, DateTimeOffset now, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var put = new NpgsqlBatch(connection, transaction);
        if (part.Part == 0) Add("delete from fleet_registration_inputs where bucket = $1 and key = $2");
        Add("""
            insert into fleet_registration_inputs (bucket, key, part, lines, uploaded_at) values ($1, $2, $3, $4, $5)
            on conflict (bucket, key, part) do update set lines = excluded.lines, uploaded_at = excluded.uploaded_at
            """, new() { Value = part.Part }, new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = part.Lines.ToArray() }, At(now));
        Add("select count(*)::int, coalesce(sum(cardinality(lines)), 0)::int from fleet_registration_inputs where bucket = $1 and key = $2");
        RegistrationInputDescription described;
        await using (var rows = await put.ExecuteReaderAsync(cancellation))
        {
            await rows.ReadAsync(cancellation);
            described = new() { Parts = rows.GetInt32(0), Lines = rows.GetInt32(1) };
        }

        if (described.Lines > maximumLines) return (null, new(Reasons.LimitExceeded.Code, $"The input has more than {maximumLines} lines. Give each task a part of it."));
        await transaction.CommitAsync(cancellation);
        return (described, null);

        void Add(string text, params ReadOnlySpan<NpgsqlParameter> more)
        {
            var command = new NpgsqlBatchCommand(text) { Parameters = { Text(part.Bucket), Text(part.Key) } };
            foreach (var parameter in more) command.Parameters.Add(parameter);
            put.BatchCommands.Add(command);
        }
    }

    public static async Task<int> CountInput(string bucket, string key, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, "select coalesce(sum(cardinality(lines)), 0)::int from fleet_registration_inputs where bucket = $1 and key = $2", Text(bucket), Text(key));
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }

    public static async Task<string?> FindOpen(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, "select task_id from fleet_registration_tasks where ended_at is null order by task_id limit 1");
        return (string?)await command.ExecuteScalarAsync(cancellation);
    }

    public static async Task<RegistrationTasksListed> List(ListRegistrationTasks query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, """
            select task_id from fleet_registration_tasks where ($1 is null or task_id < $1) and ($2 is null or status = $2) order by task_id desc limit $3
            """, Text(query.After), Text(query.Status?.ToString()), new() { Value = query.Limit + 1 });
        var found = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) found.Add(rows.GetString(0));
        return found.Count > query.Limit ? new() { TaskIds = found[..query.Limit], Next = found[query.Limit - 1] } : new() { TaskIds = found };
    }

    public static async Task<IReadOnlyList<(int Number, string Text)>> ReadLines(string taskId, int after, int limit, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, "select line, text from fleet_registration_lines where task_id = $1 and line > $2 order by line limit $3",
            Text(taskId), new() { Value = after }, new() { Value = limit });
        var lines = new List<(int, string)>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) lines.Add((rows.GetInt32(0), rows.GetString(1)));
        return lines;
    }

    public static async Task StoreResults(string taskId, IReadOnlyList<RegistrationResult> results, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, """
            update fleet_registration_lines l set failed = r.failed, answer = r.answer from unnest($2::int[], $3::boolean[], $4::text[]) r(line, failed, answer)
            where l.task_id = $1 and l.line = r.line
            """, Text(taskId), new() { Value = results.Select(result => result.Line).ToArray() },
            new() { Value = results.Select(result => result.Answer.Refused is not null).ToArray() },
            new() { Value = results.Select(result => JsonSerializer.Serialize(result.Answer, WireJson.Options)).ToArray() });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task<RegistrationResultsRead> ReadResults(ReadRegistrationResults query, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, """
            select line, answer from fleet_registration_lines where task_id = $1 and line > $2 and failed = $3 order by line limit $4
            """, Text(query.TaskId), new() { Value = query.AfterLine }, new() { Value = query.Failed }, new() { Value = ResultsAtOnce });
        var items = new List<RegistrationResult>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            items.Add(new() { Line = rows.GetInt32(0), Answer = JsonSerializer.Deserialize<RegisterThingAnswer>(rows.GetString(1), WireJson.Options)! });
        return new() { Items = items };
    }

    /// <summary>Drops inputs and lines nobody will ask for any more. The tasks themselves stay, with their counts.</summary>
    public static async Task Forget(DateTimeOffset before, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var inputs = Command(database, "delete from fleet_registration_inputs where uploaded_at < $1", At(before));
        await inputs.ExecuteNonQueryAsync(cancellation);
        await using var lines = Command(database,
            "delete from fleet_registration_lines l using fleet_registration_tasks t where t.task_id = l.task_id and t.ended_at < $1", At(before));
        await lines.ExecuteNonQueryAsync(cancellation);
    }

    static NpgsqlCommand Command(NpgsqlDataSource database, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = database.CreateCommand(text);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    static NpgsqlParameter Id(RecordedEvent e) => Text(e.StreamId.Key);

    static NpgsqlParameter Text(string? text) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)text ?? DBNull.Value };

    static NpgsqlParameter At(DateTimeOffset at) => new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = at.UtcDateTime };
}
