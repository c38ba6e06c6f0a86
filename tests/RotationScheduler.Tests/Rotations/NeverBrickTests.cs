using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Tests.Rotations;

public sealed class NeverBrickTests
{
    const int UsualSeeds = 150;

    public static TheoryData<Behaviour> Behaviours => [.. Enum.GetValues<Behaviour>()];

    /// <summary>The scheduler killed between any two steps, with late, doubled and shuffled messages and clocks that jump: the device can always connect, and ends with one certificate.</summary>
    [Theory]
    [MemberData(nameof(Behaviours))]
    public void No_device_is_ever_without_a_working_certificate(Behaviour behaviour)
    {
        // Which of its certificates a device holds that goes back and forth between them cannot be known: none is taken from it.
        var isAmbiguous = behaviour is Behaviour.ComesBackWithTheOldOne or Behaviour.ObeysReplays;
        foreach (var seed in Seeds.All(UsualSeeds))
        {
            var world = new World(seed, behaviour);
            world.Run(each =>
            {
                if (each.Working.Count == 0) Assert.Fail($"seed {seed}: {string.Join(", ", each.Events.Select(e => e.GetType().Name))}"); // said only then
            });

            world.Rotations.ShouldAllBe(rotation => !rotation.IsOpen && rotation.Doomed.Count == 0, $"seed {seed}: {behaviour}");
            if (!isAmbiguous) world.Active.Count.ShouldBe(1, $"seed {seed}: {behaviour}: {string.Join(", ", world.Active)}");
        }
    }

    [Theory]
    [InlineData(Behaviour.Sound)]
    [InlineData(Behaviour.RegistersTwice)]
    public void A_device_that_can_ends_with_one_certificate_and_that_one_is_proven(Behaviour behaviour)
    {
        var (runs, completed) = (0, 0);
        foreach (var seed in Seeds.All(UsualSeeds))
        {
            var world = new World(seed, behaviour);
            world.Run(_ => { });
            runs++;
            if (world.Rotation.Phase != RotationPhase.Completed) continue;
            completed++;
            world.Working.ShouldContain(world.Rotation.Proven!, $"seed {seed}");
            world.Active.ShouldNotContain("c0", $"seed {seed}");
        }

        completed.ShouldBeGreaterThan(runs / 3); // the others were given up: three attempts are soon over where clocks jump
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
        foreach (var seed in Seeds.All(UsualSeeds))
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
