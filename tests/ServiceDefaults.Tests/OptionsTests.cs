using FleetPlatform.Contracts;
using FleetPlatform.Events;
using Microsoft.Extensions.Options;

namespace FleetPlatform.ServiceDefaults.Tests;

public sealed class OptionsTests
{
    [Fact]
    public async Task Names_carry_the_account_and_region_of_the_deployment()
    {
        await using var host = await TestHost.Start("named", _ => { }, ("Fleet:AccountId", "210987654321"), ("Fleet:Region", "eu-west-1"));

        var arn = host.Get<Arn>();

        arn.Certificate("abc").ShouldBe("arn:aws:iot:eu-west-1:210987654321:cert/abc");
        arn.NameIn("arn:aws:iot:eu-west-1:210987654321:thing/a/b", "thing").ShouldBe("a/b");
        arn.NameIn("arn:aws:iot:eu-west-1:210987654321:thing/", "thing").ShouldBeNull();
        arn.NameIn("arn:aws:iot:eu-west-1:210987654321:thinggroup/a", "thing").ShouldBeNull();
        arn.NameIn("arn:aws:iot:us-east-1:210987654321:thing/a", "thing").ShouldBeNull();
    }

    [Theory]
    [InlineData("Fleet:AccountId", "12")]
    [InlineData("Fleet:Region", "US EAST")]
    public async Task Nonsense_fails_the_start(string key, string value) =>
        await Should.ThrowAsync<OptionsValidationException>(TestHost.Start("wrong", _ => { }, (key, value)));

    [Theory]
    [InlineData("Messaging:RequestTimeout", "00:00:00")]
    [InlineData("Messaging:EventRetryMaximum", "00:00:00.001")]
    [InlineData("Messaging:BatchItems", "65")]
    public async Task Nonsense_about_the_bus_fails_the_start(string key, string value) =>
        await Should.ThrowAsync<OptionsValidationException>(TestHost.Start("wrong",
            builder => builder.AddFleetBus("wrong"), ("ConnectionStrings:bus", "amqp://guest:guest@127.0.0.1:1/"), (key, value)));

    [Fact]
    public async Task A_connection_string_that_is_missing_is_named() =>
        (await Should.ThrowAsync<InvalidOperationException>(TestHost.Start("wrong", builder => builder.AddFleetBus("wrong"))))
            .Message.ShouldContain("ConnectionStrings:bus");

    [Theory]
    [InlineData("FindFlowSteps", "find-flow-steps")]
    [InlineData("IssueCertificates", "issue-certificates")]
    [InlineData("GetCRLNow", "get-crl-now")]
    public void Queues_are_named_in_kebab_case(string name, string expected) => Queues.Kebab(name).ShouldBe(expected);

    [Fact]
    public void A_refusal_is_the_same_at_every_door()
    {
        Refusal refusal = Reasons.DeleteConflict.Because("Policy P is attached.");

        refusal.ToRefused().ToRefusal().ShouldBe(refusal);
        var problem = refusal.ToProblem();
        problem.StatusCode.ShouldBe(409);
        problem.ProblemDetails.Title.ShouldBe("delete-conflict");
        problem.ProblemDetails.Extensions["remedy"].ShouldBe(Reasons.DeleteConflict.Remedy);
    }
}
