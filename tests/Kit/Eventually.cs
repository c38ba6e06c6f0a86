using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FleetPlatform;

/// <summary>Waits for a condition, never for a time. The one place in tests that pauses, and that says how long is too long; compiled into every project under tests/ and into bench.</summary>
static class Eventually
{
    /// <summary>How long a test waits for what should come: so long that a machine with a quarter of its processors left is no failure. A test that passes never waits for it.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(3);

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks again and again until the condition is true.</summary>
    /// <param name="condition">What another thread or process brings about.</param>
    /// <param name="what">For the message when it never is; the condition itself when not given.</param>
    /// <param name="within"><see cref="Patience"/> when null.</param>
    /// <param name="expression">Filled in by the compiler.</param>
    /// <exception cref="TimeoutException">It was still false at the end of <paramref name="within"/>.</exception>
    public static async Task Is(
        Func<Task<bool>> condition, string? what = null, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (within ?? Patience)) throw new TimeoutException($"Not within {within ?? Patience}: {what ?? expression}");
            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc cref="Is(Func{Task{bool}},string,TimeSpan?,string)"/>
    public static Task Is(
        Func<bool> condition, string? what = null, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string expression = "") =>
        Is(() => Task.FromResult(condition()), what, within, expression);

    /// <summary>Repeats an action until it no longer throws; its last exception is thrown when time runs out.</summary>
    /// <param name="action">Assertions, as a rule.</param>
    /// <param name="within"><see cref="Patience"/> when null.</param>
    public static async Task Holds(Func<Task> action, TimeSpan? within = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await action();
                return;
            }
            catch (Exception) when (watch.Elapsed < (within ?? Patience))
            {
                await Task.Delay(Pause);
            }
        }
    }
}
