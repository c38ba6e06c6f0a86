using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>Tasks, for listing and for who carries them out, and what became of their lines.</summary>
sealed class TasksTable : IInlineProjection
{
    /// <summary>About 1 KiB each: an answer of less than 256 KiB.</summary>
    const int ResultsAtOnce = 100;

    public string Name => "registration-tasks";

    public int Version => 2;

    public string Schema => """
        create table if not exists fleet_registration_tasks (task_id text collate "C" primary key, status text not null, upload uuid null, ended_at timestamptz null);
        alter table fleet_registration_tasks add column if not exists upload uuid null;
        create index if not exists fleet_registration_tasks_of_upload on fleet_registration_tasks (upload) where ended_at is null;
        create table if not exists fleet_registration_lines (
            task_id text collate "C", line int, failed boolean null, answer text null, primary key (task_id, line));
        alter table fleet_registration_lines drop column if exists text;
        """;

    // Outcomes do not follow from events: a rebuild keeps them.
    public IReadOnlyList<string> Tables => ["fleet_registration_tasks"];

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.Data is not TaskEvent) return;
        switch (e.Data)
        {
            case TaskStarted started:
                batch.Add("insert into fleet_registration_tasks (task_id, status, upload) values ($1, 'InProgress', $2)", Id(e),
                    new NpgsqlParameter<Guid> { TypedValue = started.UploadOf(e.StreamId.Key) });
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

    public static async Task StoreResults(string taskId, IReadOnlyList<RegistrationResult> results, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, """
            insert into fleet_registration_lines (task_id, line, failed, answer) select $1, * from unnest($2::int[], $3::boolean[], $4::text[])
            on conflict (task_id, line) do update set failed = excluded.failed, answer = excluded.answer
            """, Text(taskId), new() { Value = results.Select(result => result.Line).ToArray() },
            new() { Value = results.Select(result => result.Answer.Refused is not null).ToArray() },
            new() { Value = results.Select(result => JsonSerializer.Serialize(result.Answer, WireJson.Options)).ToArray() });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Counts the outcomes for the server's plans. Until it knows that one task has most of them it would gather and sort them all for each page of a report.
    /// </summary>
    public static async Task CountResults(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = Command(database, "analyze fleet_registration_lines");
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

    /// <summary>Drops outcomes nobody will ask for any more. The tasks themselves stay, with their counts.</summary>
    public static async Task Forget(DateTimeOffset before, NpgsqlDataSource database, CancellationToken cancellation)
    {
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
