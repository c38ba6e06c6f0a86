using System.Text.Json;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Tasks;

namespace FleetPlatform.TemplateEngine.Tests.Tasks;

public sealed class RunTasksTests(Stack stack)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_line_is_registered_or_told_why_not_and_the_reports_say_which()
    {
        var task = await Start(Line("T-1"), Line("a/b"), "no json", Line("T-2"), Line("T-3"), Line("T-4"));

        var ended = await End(task);

        (ended.Status, ended.Lines, ended.Succeeded, ended.Failed).ShouldBe((RegistrationTaskStatus.Completed, 6, 4, 2));
        (await Results(task, failed: false)).Select(result => (result.Line, result.Answer.ThingName)).ShouldBe([(1, "T-1"), (4, "T-2"), (5, "T-3"), (6, "T-4")]);
        (await Results(task, failed: true)).Select(result => (result.Line, result.Answer.Refused!.Code)).ShouldBe([(2, "unsafe-name"), (3, "invalid-request")]);
        (await stack.Ask.Ask<ListRegistrationTasks, RegistrationTasksListed>(new() { Limit = 250, Status = RegistrationTaskStatus.Completed })).Value!.TaskIds.ShouldContain(task);
    }

    [Fact]
    public async Task A_page_that_a_crash_cut_short_is_done_again_and_doubles_nothing()
    {
        var task = Guid.CreateVersion7().ToString("N");
        // What a process did before it died: the first line is registered, no progress is on record.
        var first = await stack.Register(new()
        {
            Flow = new() { FlowId = FlowIds.OfItem(task, "line 1"), SessionId = task, PrincipalId = "OPERATOR", ClientId = "registration-task" },
            TemplateBody = TaskDecisionTests.Body,
            Parameters = RegisterLines.Read(Line("C-1"))!,
        });

        await StartAs(task, Line("C-1"), Line("C-2"));

        (await End(task)).Succeeded.ShouldBe(2);
        (await Results(task, failed: false))[0].Answer.CertificateId.ShouldBe(first.CertificateId);
        (await stack.Recorded(FlowIds.OfItem(task, "line 1"))).ShouldBe(["provisioning.parameters-resolved.v1", "provisioning.completed.v1"]);
    }

    [Fact]
    public async Task A_task_keeps_the_lines_it_was_started_with()
    {
        var task = await Start(Line("K-1"));
        await Put(task, 0, Line("K-2"), Line("K-3"));

        (await End(task)).Lines.ShouldBe(1);
        (await Results(task, failed: false)).ShouldHaveSingleItem().Answer.ThingName.ShouldBe("K-1");
    }

    [Fact]
    public async Task Lines_keep_their_order_and_number_however_they_were_cut_into_parts()
    {
        var key = Guid.CreateVersion7().ToString("N");
        var lines = Enumerable.Range(1, 31).Select(number => Line($"N-{number}")).ToArray();
        await Put(key, 0, lines[..3]);
        await Put(key, 2, lines[11..12]);
        await Put(key, 1, lines[3..11]);
        await Put(key, 3, Line("N-wrong"));
        await Put(key, 3, lines[12..]); // again, as after an answer that was lost

        (await End(await StartOver(key))).Succeeded.ShouldBe(31);

        (await Results(key, failed: false)).Select(result => (result.Line, result.Answer.ThingName)).ShouldBe(Enumerable.Range(1, 31).Select(number => (number, (string?)$"N-{number}")));
    }

    [Fact]
    public async Task An_input_begins_with_its_first_part_and_has_no_gap_and_is_complete_once_a_task_was_started_with_it()
    {
        var key = Guid.CreateVersion7().ToString("N");
        (await TryPut(key, 1, Line("G-2")))!.Detail.ShouldContain("part 0");
        await Put(key, 0, Line("G-1"));
        await Put(key, 2, Line("G-3"));

        (await TryStart(key, key))!.Detail.ShouldContain("number 1");

        await Put(key, 1, Line("G-2"));
        await StartOver(key);
        (await TryPut(key, 3, Line("G-4")))!.Detail.ShouldContain("part 0");
        (await End(key)).Succeeded.ShouldBe(3);
        await Put(key, 0, Line("G-5"));
        (await Put(key, 1, Line("G-6"))).ShouldBe((2, 2));
    }

    [Fact]
    public async Task Inputs_and_copies_from_before_uploads_had_identities_are_there_after_an_upgrade()
    {
        await using var database = await PostgresKit.PostgresDatabase.Create();
        var (open, ended) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await database.Execute($"""
            create table fleet_registration_tasks (task_id text collate "C" primary key, status text not null, ended_at timestamptz null);
            create table fleet_registration_inputs (bucket text collate "C", key text collate "C", part int, lines text[] not null, uploaded_at timestamptz not null, primary key (bucket, key, part));
            create table fleet_registration_lines (task_id text collate "C", line int, text text not null, failed boolean null, answer text null, primary key (task_id, line));
            insert into fleet_registration_inputs values ('fleet', 'new', 0, array['a', 'b'], now()), ('fleet', 'new', 1, array['c'], now());
            insert into fleet_registration_tasks values ('{open:N}', 'InProgress', null), ('{ended:N}', 'Completed', now());
            insert into fleet_registration_lines select t, n, 'line ' || n, n = 1, null from unnest(array['{open:N}', '{ended:N}']) t, generate_series(1, 300) n;
            """);

        for (var twice = 0; twice < 2; twice++)
            foreach (var table in (IInlineProjection[])[new InputsTable(), new TasksTable()]) await database.Execute(table.Schema);

        await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString);
        (await InputsTable.ReadLines(open, 254, 4, source, Cancellation)).ShouldBe([(255, "line 255"), (256, "line 256"), (257, "line 257"), (258, "line 258")]);
        (await InputsTable.ReadLines(ended, 0, 4, source, Cancellation)).ShouldBeEmpty();
        var input = await InputsTable.Complete("fleet", "new", DateTimeOffset.UnixEpoch, source, Cancellation);
        input.Lines.ShouldBe(3);
        (await InputsTable.ReadLines(input.Upload, 0, 10, source, Cancellation)).ShouldBe([(1, "a"), (2, "b"), (3, "c")]);
    }

    [Fact]
    public async Task What_is_stopped_before_its_end_leaves_lines_out()
    {
        // An input that is there, and a task over it that was stopped before anybody took it up.
        var held = await Start(Line("S-1"), Line("S-2"));
        await End(held);
        var task = Guid.CreateVersion7().ToString("N");
        var session = stack.Store.OpenSession(new() { Actor = "test" });
        session.StartStream(RegistrationTask.StreamOf(task), [new TaskStarted(TaskDecisionTests.Body, "fleet", held, null, 2, "OPERATOR", DateTimeOffset.UnixEpoch), new TaskStopOrdered("OPERATOR", DateTimeOffset.UnixEpoch)]);
        await session.SaveChangesAsync(Cancellation);

        var ended = await End(task);

        (ended.Status, ended.Succeeded).ShouldBe((RegistrationTaskStatus.Cancelled, 0));
        (await stack.Ask.Ask<StopRegistrationTask, RegistrationTaskDescription>(new() { TaskId = task, RequestedBy = "OPERATOR" })).Refused!.Code.ShouldBe("invalid-request");
    }

    [Fact]
    public async Task What_is_stopped_while_it_runs_finishes_the_lines_that_are_under_way_and_begins_no_other()
    {
        var task = await Start([.. Enumerable.Range(1, 40).Select(number => Line($"R-{number}", csr: number == 9 ? "held" : "CERTIFICATE REQUEST"))]);
        await Eventually.Holds(async () => (await Describe(task)).Succeeded.ShouldBeGreaterThanOrEqualTo(4));
        (await stack.Ask.Ask<StopRegistrationTask, RegistrationTaskDescription>(new() { TaskId = task, RequestedBy = "OPERATOR" }, Cancellation)).Value!.Status
            .ShouldBe(RegistrationTaskStatus.Cancelling);
        stack.Held.SetResult();

        var ended = await End(task);

        (ended.Status, ended.Failed).ShouldBe((RegistrationTaskStatus.Cancelled, 0));
        ended.Succeeded.ShouldBeInRange(12, 16); // pages of four, two at once: the third was under way, and the fourth if the second was done
        (await Results(task, failed: false)).Select(result => result.Line).ShouldBe(Enumerable.Range(1, ended.Succeeded));
    }

    [Fact]
    public async Task A_task_nobody_started_is_not_found()
    {
        (await stack.Ask.Ask<DescribeRegistrationTask, RegistrationTaskDescription>(new() { TaskId = Guid.CreateVersion7().ToString("N") })).Refused!.Code.ShouldBe("not-found");
        (await stack.Ask.Ask<StopRegistrationTask, RegistrationTaskDescription>(new() { TaskId = "../x", RequestedBy = "OPERATOR" })).Refused!.Code.ShouldBe("not-found");
    }

    static string Line(string thing, string csr = "CERTIFICATE REQUEST") => JsonSerializer.Serialize(new { ThingName = thing, CSR = $"-----BEGIN {csr}-----" });

    async Task<string> Start(params string[] lines) => await StartAs(Guid.CreateVersion7().ToString("N"), lines);

    async Task<string> StartAs(string task, params string[] lines)
    {
        await Put(task, 0, lines[..1]);
        if (lines.Length > 1) await Put(task, 1, lines[1..]);
        return await StartOver(task);
    }

    /// <summary>Starts a task over the input of its name.</summary>
    async Task<string> StartOver(string task)
    {
        (await TryStart(task, task)).ShouldBeNull();
        return task;
    }

    async Task<Refused?> TryStart(string task, string key) => (await stack.Ask.Ask<StartRegistrationTask, RegistrationTaskDescription>(
        new() { TaskId = task, TemplateBody = TaskDecisionTests.Body, InputFileBucket = "fleet", InputFileKey = key, RequestedBy = "OPERATOR" }, Cancellation)).Refused;

    async Task<(int Parts, int Lines)> Put(string key, int part, params string[] lines)
    {
        var answer = await Ask(key, part, lines);
        answer.Refused.ShouldBeNull();
        return (answer.Value!.Parts, answer.Value.Lines);
    }

    async Task<Refused?> TryPut(string key, int part, params string[] lines) => (await Ask(key, part, lines)).Refused;

    Task<Answer<RegistrationInputDescription>> Ask(string key, int part, string[] lines) =>
        stack.Ask.Ask<PutRegistrationInput, RegistrationInputDescription>(new() { Bucket = "fleet", Key = key, Part = part, Lines = lines }, Cancellation);

    async Task<RegistrationTaskDescription> Describe(string task) =>
        (await stack.Ask.Ask<DescribeRegistrationTask, RegistrationTaskDescription>(new() { TaskId = task }, Cancellation)).Value!;

    async Task<RegistrationTaskDescription> End(string task)
    {
        RegistrationTaskDescription? described = null;
        await Eventually.Holds(async () =>
        {
            described = await Describe(task);
            described.Status.ShouldBeOneOf(RegistrationTaskStatus.Completed, RegistrationTaskStatus.Cancelled);
        });
        return described!;
    }

    async Task<IReadOnlyList<RegistrationResult>> Results(string task, bool failed) =>
        (await stack.Ask.Ask<ReadRegistrationResults, RegistrationResultsRead>(new() { TaskId = task, Failed = failed, AfterLine = 0 }, Cancellation)).Value!.Items;
}
