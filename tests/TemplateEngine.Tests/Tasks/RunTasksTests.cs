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
    public async Task A_task_nobody_started_is_not_found()
    {
        (await stack.Ask.Ask<DescribeRegistrationTask, RegistrationTaskDescription>(new() { TaskId = Guid.CreateVersion7().ToString("N") })).Refused!.Code.ShouldBe("not-found");
        (await stack.Ask.Ask<StopRegistrationTask, RegistrationTaskDescription>(new() { TaskId = "../x", RequestedBy = "OPERATOR" })).Refused!.Code.ShouldBe("not-found");
    }

    static string Line(string thing) => JsonSerializer.Serialize(new { ThingName = thing, CSR = "-----BEGIN CERTIFICATE REQUEST-----" });

    async Task<string> Start(params string[] lines) => await StartAs(Guid.CreateVersion7().ToString("N"), lines);

    async Task<string> StartAs(string task, params string[] lines)
    {
        await Put(task, 0, lines[..1]);
        if (lines.Length > 1) await Put(task, 1, lines[1..]);
        (await stack.Ask.Ask<StartRegistrationTask, RegistrationTaskDescription>(
            new() { TaskId = task, TemplateBody = TaskDecisionTests.Body, InputFileBucket = "fleet", InputFileKey = task, RequestedBy = "OPERATOR" }, Cancellation)).Refused.ShouldBeNull();
        return task;
    }

    async Task Put(string key, int part, params string[] lines) =>
        (await stack.Ask.Ask<PutRegistrationInput, RegistrationInputDescription>(new() { Bucket = "fleet", Key = key, Part = part, Lines = lines }, Cancellation)).Refused.ShouldBeNull();

    async Task<RegistrationTaskDescription> End(string task)
    {
        RegistrationTaskDescription? described = null;
        await Eventually.Holds(async () =>
        {
            described = (await stack.Ask.Ask<DescribeRegistrationTask, RegistrationTaskDescription>(new() { TaskId = task }, Cancellation)).Value;
            described!.Status.ShouldBeOneOf(RegistrationTaskStatus.Completed, RegistrationTaskStatus.Cancelled);
        });
        return described!;
    }

    async Task<IReadOnlyList<RegistrationResult>> Results(string task, bool failed) =>
        (await stack.Ask.Ask<ReadRegistrationResults, RegistrationResultsRead>(new() { TaskId = task, Failed = failed, AfterLine = 0 }, Cancellation)).Value!.Items;
}
