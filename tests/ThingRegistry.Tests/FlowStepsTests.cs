namespace FleetPlatform.ThingRegistry;

public sealed class FlowStepsTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    [Fact]
    public async Task A_device_is_found_by_its_thing_and_by_its_certificate()
    {
        var (id, thing) = (A.CertificateId(), A.Name("SN"));
        var item = A.Provisioning(id, thing);
        await fixture.Apply(item);
        var steps = new RegistrySteps(fixture.Store);

        foreach (var subject in (string[])[id, thing])
        {
            var found = await steps.Find([subject], TestContext.Current.CancellationToken);
            found.Select(step => step.Step).ShouldBe(["certificate active", "thing registered"], ignoreOrder: true);
            found.ShouldAllBe(step => step.FlowId == item.Flow.FlowId && step.CertificateId == id && step.ThingName == thing);
        }

        (await steps.Find(["nobody"], TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }
}
