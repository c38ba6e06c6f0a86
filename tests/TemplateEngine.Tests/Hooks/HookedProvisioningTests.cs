using FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Tests.Hooks;

public sealed class HookedProvisioningTests(Stack stack, HookServer server) : IClassFixture<HookServer>
{
    static readonly string[] Success = ["provisioning.token-presented.v1", "provisioning.hook-called.v1", "provisioning.parameters-resolved.v1", "provisioning.completed.v1"];

    [Fact]
    public async Task A_hook_that_allows_may_override_parameters_and_is_recorded()
    {
        var device = await Device("one/override", ("SerialNumber", "h1"), ("Location", "Paris"));

        var answer = await stack.ProvisionHooked(device);

        answer.Refused.ShouldBeNull();
        answer.DeviceConfiguration!["Location"].ShouldBe("Berlin");
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(Success);
        var asked = server.CallsOf("/one/override").ShouldHaveSingleItem();
        asked["certificatePem"]!.GetValue<string>().ShouldBe($"pem of {stack.TokenOf(device).CertificateId}");
        asked["parameters"]!["Location"]!.GetValue<string>().ShouldBe("Paris");
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_given_again_without_asking_the_hook()
    {
        var device = await Device("again/override", ("SerialNumber", "h2"));
        await stack.ProvisionHooked(device);

        var again = await stack.ProvisionHooked(device);

        again.DeviceConfiguration!["Location"].ShouldBe("Berlin");
        server.CallsOf("/again/override").Length.ShouldBe(1);
        (await stack.Recorded(stack.TokenOf(device).FlowId)).ShouldBe(Success);
    }

    [Theory]
    [InlineData("decline", "hook-denied")]
    [InlineData("error", "hook-failed")]
    [InlineData("unsafe", "hook-failed")]
    [InlineData("hang", "hook-failed")]
    public async Task Declined_and_failed_are_told_apart_and_each_call_is_recorded(string path, string code)
    {
        var device = await Device($"no/{path}", ("SerialNumber", "h3"));

        (await stack.ProvisionHooked(device)).Refused!.Code.ShouldBe(code);
        (await stack.ProvisionHooked(device)).Refused!.Code.ShouldBe(code);

        (await stack.Recorded(stack.TokenOf(device).FlowId)).Count(type => type == "provisioning.hook-called.v1").ShouldBe(2);
        await stack.Update(new() { TemplateName = device.TemplateName, RemoveHook = true, RequestedBy = "test" });
        (await stack.Provision(device)).ThingName.ShouldBe("sensor-h3");
    }

    /// <summary>The registrations of one batch are answered together; one that waits for a hook must not be among them.</summary>
    [Fact]
    public async Task A_hook_that_hangs_holds_up_nobody_else()
    {
        var slow = await Device("slow/hang", ("SerialNumber", "h4"));
        var plain = stack.Device(await stack.Template(), parameters: ("SerialNumber", "h5"));
        var hanging = Task.Run(() => stack.ProvisionHooked(slow));

        for (var i = 0; i < 20; i++)
        {
            var answers = await Task.WhenAll(stack.Provision(plain), stack.Provision(slow));
            answers[0].ThingName.ShouldBe("sensor-h5");
            answers[1].AskHooked.ShouldBeTrue();
        }

        (await hanging).Refused!.Code.ShouldBe("hook-failed");
    }

    [Fact]
    public async Task A_template_without_a_usable_hook_is_not_made()
    {
        var answer = await stack.Ask.Ask<CreateTemplate, TemplateDescription>(new()
        {
            TemplateName = "lambda", TemplateBody = Bodies.Sensor, RequestedBy = "test",
            Hook = new() { PayloadVersion = "2020-04-01", TargetArn = "arn:aws:lambda:us-east-1:123456789012:function:hook" },
        });

        answer.Refused!.Code.ShouldBe("invalid-request");
        answer.Refused.Detail.ShouldContain("https://");
    }

    async Task<ProvisionThing> Device(string path, params (string Name, string Value)[] parameters) =>
        stack.Device(await stack.Template(hook: $"{server.Address}/{path}"), parameters: parameters);
}
