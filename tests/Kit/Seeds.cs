using System.Globalization;

namespace FleetPlatform;

/// <summary>
/// Seeds of tests that try one thing many times. <c>FLEET_CRASH_RUNS</c> says how many for the long version, <c>FLEET_CRASH_SEED</c> which is
/// the first, <c>FLEET_CRASH_DEVICES</c> how many devices there are in each; a failure names the seed that it had.
/// </summary>
static class Seeds
{
    /// <param name="usual">How many without the variable.</param>
    public static IEnumerable<int> All(int usual) => Enumerable.Range(Number("FLEET_CRASH_SEED") ?? 1, Number("FLEET_CRASH_RUNS") ?? usual);

    /// <param name="usual">How many without the variable.</param>
    public static int Devices(int usual) => Number("FLEET_CRASH_DEVICES") ?? usual;

    static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
