using System.Globalization;

namespace FleetPlatform.Device;

/// <summary>One line per attempt at a step.</summary>
sealed class ConsoleSteps : IProgress<StepReport>
{
    public void Report(StepReport value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{value.Step,-20} {value.Duration.TotalMilliseconds,9:0.0} ms{(value.Attempt > 1 ? $"  attempt {value.Attempt}" : "")}{(value.Failure is { } failure ? $"  {failure.Message}" : "")}"));
}
