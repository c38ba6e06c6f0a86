namespace FleetPlatform.ServiceDefaults.Tests;

public sealed class WorkLoopTests
{
    [Fact]
    public async Task A_ring_during_a_look_brings_another_one()
    {
        using var loop = new Loop(TimeSpan.FromHours(1));
        await loop.StartAsync(default);
        await Eventually.Is(() => loop.Looks == 1);

        loop.Wake();
        loop.Wake();
        loop.Goes.Release();

        await Eventually.Is(() => loop.Looks == 2);
        loop.Goes.Release();
        await loop.StopAsync(default);
        loop.Looks.ShouldBe(2, "two rings before a look are one");
    }

    [Fact]
    public async Task A_failure_ends_one_look_and_not_the_loop()
    {
        using var loop = new Loop(TimeSpan.FromMilliseconds(1)) { Fails = true };
        loop.Goes.Release(2);
        await loop.StartAsync(default);

        await Eventually.Is(() => loop.Looks == 3);
        loop.Postponed.ShouldBe(2);
        await loop.StopAsync(default);
        loop.ExecuteTask!.IsCompletedSuccessfully.ShouldBeTrue("it was stopped in the middle of a look");
    }

    sealed class Loop(TimeSpan pause) : WorkLoop(TimeProvider.System)
    {
        volatile int _looks, _postponed;

        public SemaphoreSlim Goes { get; } = new(0);
        public bool Fails { get; init; }
        public int Looks => _looks;
        public int Postponed => _postponed;

        protected override TimeSpan Pause => pause;

        protected override async Task Look(CancellationToken stopping)
        {
            Interlocked.Increment(ref _looks);
            await Goes.WaitAsync(stopping);
            if (Fails) throw new InvalidOperationException("As told.");
        }

        protected override void Postpone(Exception failure) => Interlocked.Increment(ref _postponed);
    }
}
