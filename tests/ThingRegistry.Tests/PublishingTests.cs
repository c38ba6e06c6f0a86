using System.Collections.Concurrent;
using FleetPlatform.ThingRegistry.Things;
using MassTransit;

namespace FleetPlatform.ThingRegistry;

public sealed class PublishingTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_first_provisioning_tells_nobody_and_a_change_of_status_tells_everybody()
    {
        var (id, thing) = (A.CertificateId(), A.Name("SN"));
        await fixture.Apply(A.Provisioning(id, thing));
        await Principals.ChangeCertificateStatus.Handle(new() { CertificateId = id, Status = CertificateStatus.Inactive, RequestedBy = "test" }, fixture.Registry, Cancellation);
        var events = await fixture.Store.FetchStreamAsync(Registry.PrincipalStream(id), cancellation: Cancellation);

        (await Published([events[0]])).ShouldBeEmpty();
        var changed = (await Published(events)).ShouldHaveSingleItem().ShouldBeOfType<PrincipalsChanged>();
        changed.CertificateIds.ShouldBe([id]);
    }

    [Fact]
    public async Task A_thing_that_changes_concerns_its_certificates_and_a_policy_everyone_who_has_it()
    {
        var (id, thing, policy) = (A.CertificateId(), A.Name("SN"), A.Name("p"));
        await fixture.CreatePolicy(policy);
        await fixture.Apply(A.Provisioning(id, thing, policy));
        await Things.UpdateThing.Handle(new() { ThingName = thing, Attributes = new Dictionary<string, string> { ["a"] = "1" }, RequestedBy = "test" }, fixture.Registry, Cancellation);
        await Policies.CreatePolicyVersion.Handle(new() { PolicyName = policy, PolicyDocument = A.DocumentFor("x"), SetAsDefault = true, RequestedBy = "test" }, fixture.Registry, Cancellation);

        var ofThing = await Published(await fixture.Store.FetchStreamAsync(Registry.ThingStream(thing), cancellation: Cancellation));
        var ofPolicy = await Published(await fixture.Store.FetchStreamAsync(Registry.PolicyStream(policy), cancellation: Cancellation));

        ofThing.ShouldHaveSingleItem().ShouldBeOfType<PrincipalsChanged>().CertificateIds.ShouldBe([id]);
        var changed = ofPolicy.ShouldHaveSingleItem().ShouldBeOfType<PolicyChanged>();
        (changed.PolicyName, changed.VersionId, changed.Document).ShouldBe((policy, "2", A.DocumentFor("x")));
    }

    async Task<IReadOnlyCollection<object>> Published(IReadOnlyList<RecordedEvent> events)
    {
        var (heard, end) = (new ConcurrentQueue<object>(), new TaskCompletionSource());
        var bus = Bus.Factory.CreateUsingInMemory(configurator => configurator.ReceiveEndpoint("heard", endpoint =>
        {
            endpoint.Handler<PrincipalsChanged>(context =>
            {
                if (context.Message.CertificateIds is ["end"]) end.TrySetResult();
                else heard.Enqueue(context.Message);
                return Task.CompletedTask;
            });
            endpoint.Handler<PolicyChanged>(context =>
            {
                heard.Enqueue(context.Message);
                return Task.CompletedTask;
            });
            endpoint.ConcurrentMessageLimit = 1;
        }));
        await bus.StartAsync(Cancellation);
        try
        {
            await new PublishChanges(bus, fixture.Registry.Database).Handle(events, Cancellation);
            await bus.Publish(new PrincipalsChanged { CertificateIds = ["end"] }, Cancellation);
            await end.Task.WaitAsync(Eventually.Patience, Cancellation);
            return heard;
        }
        finally
        {
            await bus.StopAsync(Cancellation);
        }
    }
}
