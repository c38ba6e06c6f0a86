using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Tests.Rotations;

public sealed class NeverBrickTests
{
    const int Seeds = 150;

    public static TheoryData<Behaviour> Behaviours => [.. Enum.GetValues<Behaviour>()];

    /// <summary>Killed between any two steps, with late, doubled and shuffled messages and clocks that jump: the device can always connect.</summary>
    [Theory]
    [MemberData(nameof(Behaviours))]
    public void No_device_is_ever_without_a_working_certificate(Behaviour behaviour)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new World(seed, behaviour);
            world.Run(each => each.Working.ShouldNotBeEmpty($"seed {seed}: {string.Join(", ", each.Events.Select(e => e.GetType().Name))}"));

            world.Rotation.IsOpen.ShouldBeFalse($"seed {seed}: {behaviour} still {world.Rotation.Phase}");
            world.Rotation.Doomed.ShouldBeEmpty($"seed {seed}");
        }
    }

    [Theory]
    [InlineData(Behaviour.Sound)]
    [InlineData(Behaviour.RegistersTwice)]
    public void A_device_that_can_ends_with_one_certificate_and_that_one_is_proven(Behaviour behaviour)
    {
        var completed = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new World(seed, behaviour);
            world.Run(_ => { });
            if (world.Rotation.Phase != RotationPhase.Completed) continue;
            completed++;
            world.Working.ShouldContain(world.Rotation.Proven!, $"seed {seed}");
            world.Active.ShouldNotContain("c0", $"seed {seed}");
        }

        completed.ShouldBeGreaterThan(Seeds / 3); // the others were given up: three attempts are soon over where clocks jump
    }

    [Theory]
    [InlineData(Behaviour.NeverAnswers, FailureCodes.NoAnswer)]
    [InlineData(Behaviour.ReportsFailure, FailureCodes.DeviceReported)]
    [InlineData(Behaviour.NeverConnects, FailureCodes.NeverConnected)]
    [InlineData(Behaviour.FallsBackSilently, FailureCodes.NeverConnected)]
    [InlineData(Behaviour.FallsBackAndReports, FailureCodes.DeviceReported)]
    [InlineData(Behaviour.NeverPublishes, FailureCodes.NeverPublished)]
    [InlineData(Behaviour.LosesTheNewPair, FailureCodes.NeverConnected)]
    public void Each_failure_is_explained_and_the_old_certificate_stays(Behaviour behaviour, string code)
    {
        var codes = new HashSet<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new World(seed, behaviour);
            world.Run(_ => { });
            world.Rotation.Phase.ShouldBe(RotationPhase.Failed, $"seed {seed}");
            world.Active.ShouldContain("c0", $"seed {seed}");
            codes.UnionWith(world.Events.OfType<AttemptFailed>().Select(failed => failed.Code));
        }

        codes.ShouldContain(code);
    }
}
