using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Tasks;

namespace FleetPlatform.TemplateEngine.Tests.Tasks;

public sealed class TaskDecisionTests
{
    public const string Body = """
        {"Parameters": {"ThingName": {"Type": "String"}, "CSR": {"Type": "String"}},
         "Resources": {
           "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
           "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}}}}
        """;

    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly string Id = Guid.CreateVersion7().ToString("N");

    static readonly StartRegistrationTask Start = new() { TaskId = Id, TemplateBody = Body, InputFileBucket = "fleet", InputFileKey = "a", RequestedBy = "OPERATOR" };

    [Fact]
    public void A_task_starts_once_with_the_lines_there_are()
    {
        var started = StartTask.Decide(Start, Input(3), RegistrationTask.Initial, Noon).Events.ShouldHaveSingleItem().ShouldBeOfType<TaskStarted>();

        started.Lines.ShouldBe(3);
        StartTask.Decide(Start, Input(5), RegistrationTask.Initial.Evolve(started), Noon.AddHours(1)).Events.ShouldBeEmpty();
        StartTask.Decide(Start with { InputFileKey = "b" }, Input(5), RegistrationTask.Initial.Evolve(started), Noon).Refusal!.Code.ShouldBe("already-exists");
    }

    [Theory]
    [InlineData(0, Body), InlineData(1, "{"), InlineData(1, """{"Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": "x"}}}}""")]
    public void Without_input_or_a_template_that_names_a_certificate_nothing_starts(int lines, string body) =>
        StartTask.Decide(Start with { TemplateBody = body }, Input(lines), RegistrationTask.Initial, Noon).Refusal!.Code.ShouldBe("invalid-request");

    [Fact]
    public void An_input_with_a_gap_starts_nothing() =>
        StartTask.Decide(Start, Input(9) with { FollowsGap = 4 }, RegistrationTask.Initial, Noon).Refusal!.Detail.ShouldContain("number 3");

    [Fact]
    public void A_task_from_before_uploads_had_identities_has_its_lines_under_its_own() =>
        new TaskStarted(Body, "fleet", "a", null, 10, "OPERATOR", Noon).UploadOf(Id).ShouldBe(Guid.Parse(Id));

    [Fact]
    public void A_task_is_stopped_while_it_runs_and_only_then()
    {
        var stop = new StopRegistrationTask { TaskId = Id, RequestedBy = "OPERATOR" };
        var running = RegistrationTask.Initial.Evolve(new TaskStarted(Body, "fleet", "a", null, 10, "OPERATOR", Noon)).Evolve(new TaskAdvanced(4, 3, 1, Noon));
        var stopping = running.Evolve(StopTask.Decide(stop, running, Noon).Events.ShouldHaveSingleItem());

        stopping.Describe(Id).Status.ShouldBe(RegistrationTaskStatus.Cancelling);
        (stopping.Describe(Id).Succeeded, stopping.Describe(Id).Failed).ShouldBe((3, 1));
        StopTask.Decide(stop, stopping, Noon).Events.ShouldBeEmpty();
        StopTask.Decide(stop, stopping.Evolve(new TaskEnded(Cancelled: true, Noon)), Noon).Refusal!.Code.ShouldBe("invalid-request");
        StopTask.Decide(stop, RegistrationTask.Initial, Noon).Refusal!.Code.ShouldBe("not-found");
        running.Evolve(new TaskEnded(Cancelled: false, Noon)).Describe(Id).Status.ShouldBe(RegistrationTaskStatus.Completed);
    }

    [Theory]
    [InlineData("""{"a": "1", "b": ""}""", true)]
    [InlineData("""{"a": 1}""", false), InlineData("""{"a": {"b": "c"}}""", false), InlineData("""["a"]""", false), InlineData("""{"a": "1", "a": "2"}""", false), InlineData("", false), InlineData("{", false)]
    public void A_line_is_a_flat_object_of_texts(string line, bool taken) => (RegisterLines.Read(line) is not null).ShouldBe(taken);

    [Fact]
    public void An_input_has_a_name_and_lines_within_limits()
    {
        PutRegistrationInput Part(string line) => new() { Bucket = "fleet", Key = "a", Part = 0, Lines = [line] };
        PutInput.Check(Part("{}"), new()).ShouldBeNull();
        PutInput.Check(Part("{}") with { Bucket = "b" }, new())!.Code.ShouldBe("invalid-request");
        PutInput.Check(Part("{}") with { Lines = [] }, new())!.Code.ShouldBe("invalid-request");
        PutInput.Check(Part("\0"), new())!.Code.ShouldBe("limit-exceeded");
        PutInput.Check(Part(new('a', 300)), new() { RegistrationLineCharacters = 256 })!.Code.ShouldBe("limit-exceeded");
    }

    static RegistrationInput Input(int lines) => new(Guid.CreateVersion7(), lines);
}
