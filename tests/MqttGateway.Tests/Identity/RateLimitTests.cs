using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Tests.Kit;

namespace FleetPlatform.MqttGateway.Tests.Identity;

public sealed class RateLimitTests
{
    readonly ManualClock _clock = new();

    [Fact]
    public void So_many_at_once_and_so_many_per_second()
    {
        var limit = new RateLimit(perSecond: 2, burst: 3, _clock);
        Taken(limit, "a", 10).ShouldBe(3);
        Taken(limit, "b", 10).ShouldBe(3);
        limit.HasAny("a").ShouldBeFalse();

        _clock.Advance(TimeSpan.FromSeconds(1));
        limit.HasAny("a").ShouldBeTrue();
        Taken(limit, "a", 10).ShouldBe(2);

        _clock.Advance(TimeSpan.FromHours(1));
        Taken(limit, "a", 10).ShouldBe(3);
    }

    static int Taken(RateLimit limit, string key, int tries) => Enumerable.Range(0, tries).Count(_ => limit.TryTake(key));
}
