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
