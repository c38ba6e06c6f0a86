using FleetPlatform.Contracts;
using MassTransit;

namespace FleetPlatform.ServiceDefaults;

/// <summary>A service that knows steps in the life of devices registers one; the bus then answers <see cref="FindFlowSteps"/> with it.</summary>
public interface IFlowSteps
{
    /// <summary>Every step this service recorded about any of the subjects, in any order. Unknown subjects add nothing.</summary>
    /// <param name="subjects">1 to 64: flow ids, session ids, certificate ids, thing names, client ids, parameter values.</param>
    Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation);
}

sealed class FindFlowStepsConsumer(IFlowSteps steps) : IConsumer<FindFlowSteps>
{
    const int MaximumSubjects = 64;
    const int MaximumSteps = 500;

    public async Task Consume(ConsumeContext<FindFlowSteps> context)
    {
        var subjects = context.Message.Subjects;
        if (subjects.Count is 0 or > MaximumSubjects)
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused($"Ask about 1 to {MaximumSubjects} subjects."));
            return;
        }

        var found = await steps.Find(subjects, context.CancellationToken);
        await context.RespondAsync(new FlowStepsFound
        {
            // The newest, when there are more: what a person asks about happened last.
            Steps = [.. found.OrderBy(step => step.At).TakeLast(MaximumSteps)],
        });
    }
}
