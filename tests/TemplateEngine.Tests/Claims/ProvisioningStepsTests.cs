namespace FleetPlatform.TemplateEngine.Tests.Claims;

public class ProvisioningStepsTests(Stack stack)
{
    [Fact]
    public async Task A_flow_is_found_by_whatever_a_person_knows_of_the_device()
    {
        var serial = $"SN-{Guid.CreateVersion7():N}";
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", serial));
        await stack.Provision(device);
        var token = stack.TokenOf(device);

        foreach (var subject in (string[])[serial, $"sensor-{serial}", token.CertificateId, token.FlowId, device.Flow.ClientId])
        {
            var steps = await Find(subject);
            steps.Select(step => step.Step).ShouldBe(["ownership token presented", "template rendered", "thing registered"], subject);
            steps.ShouldAllBe(step => step.FlowId == token.FlowId && step.Service == "template-engine" && step.CertificateId == token.CertificateId
                && step.ClientId == device.Flow.ClientId && step.SessionId == device.Flow.SessionId && step.ReasonCode == null);
            steps[^1].ThingName.ShouldBe($"sensor-{serial}");
        }
    }

    [Fact]
    public async Task A_failure_names_its_reason_and_the_parameters()
    {
        var serial = $"SN/{Guid.CreateVersion7():N}";
        var device = stack.Device(await stack.Template(), parameters: ("SerialNumber", serial));
        await stack.Provision(device);

        var steps = await Find(serial);

        steps.Select(step => step.ReasonCode).ShouldBe([null, "unsafe-name"]);
        steps[^1].Detail!.ShouldContain($"SerialNumber={serial}");
    }

    [Fact]
    public async Task A_device_whose_token_never_verified_is_found_too()
    {
        var serial = $"SN-{Guid.CreateVersion7():N}";
        var device = stack.Device("any", parameters: ("SerialNumber", serial)) with { OwnershipToken = "cut off" };
        await stack.Provision(device);

        (await Find(serial)).ShouldHaveSingleItem().ReasonCode.ShouldBe("token-malformed");
    }

    async Task<IReadOnlyList<FlowStep>> Find(params string[] subjects) =>
        (await stack.Ask.AskService<FindFlowSteps, FlowStepsFound>("template-engine", new() { Subjects = subjects })).Value!.Steps;
}
