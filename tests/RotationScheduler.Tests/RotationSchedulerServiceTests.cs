using FleetPlatform.PostgresKit;
using FleetPlatform.RabbitKit;

namespace FleetPlatform.RotationScheduler.Tests;

public sealed class RotationSchedulerServiceTests
{
    [Fact]
    public async Task It_starts_with_the_environment_of_the_host_and_is_healthy()
    {
        await using var database = await PostgresDatabase.Create();
        await using var service = await ServiceProcess.Start("RotationScheduler.dll",
            ("ConnectionStrings__bus", await RabbitMqServer.TakeVirtualHost()), ("ConnectionStrings__rotation-scheduler-db", database.ConnectionString));

        (await service.Http.GetStringAsync("/health")).ShouldContain("\"event-store\":{\"status\":\"Healthy\"}");
        (await database.Scalar<long>("select count(*) from mt_events")).ShouldBe(0);
    }
}

public sealed class EventNamesTests
{
    [Fact]
    public void Every_event_has_a_name_that_stays() => EventNames.All.All.Keys.Order(StringComparer.Ordinal).ShouldBe(
    [
        "campaign.aborted.v1", "campaign.cancelled.v1", "campaign.completed.v1", "campaign.created.v1", "campaign.paused.v1", "campaign.resumed.v1",
        "campaign.target-skipped.v1", "campaign.targets-chosen.v1", "campaign.wave-begun.v1",
        "renewal.removed.v1", "renewal.set.v1",
        "rotation.attempt-failed.v1", "rotation.cancelled.v1", "rotation.certificate-offered.v1", "rotation.commanded.v1", "rotation.completed.v1",
        "rotation.device-reported.v1", "rotation.failed.v1", "rotation.offer-connected.v1", "rotation.offer-proven.v1", "rotation.offer-revoked.v1", "rotation.offer-spared.v1", "rotation.offers-superseded.v1",
        "rotation.old-deactivated.v1", "rotation.old-revoked.v1", "rotation.retirement-begun.v1", "rotation.started.v1",
    ]);
}
