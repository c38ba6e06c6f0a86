using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;

namespace FleetPlatform.TemplateEngine.Tasks;

/// <summary>Takes an input file in parts: there is no S3 here, so bucket and key are only its name.</summary>
static class PutInput
{
    const int MaximumNameCharacters = 1024;

    public static Refusal? Check(PutRegistrationInput part, TemplateEngineOptions options)
    {
        if (part.Bucket.Length is < 3 or > 256 || part.Key.Length is 0 or > MaximumNameCharacters)
            return new(Reasons.InvalidRequest.Code, $"A bucket has 3 to 256 characters, a key 1 to {MaximumNameCharacters}.");
        if (part.Part < 0 || part.Lines.Count == 0) return new(Reasons.InvalidRequest.Code, "A part has a number from 0 and at least one line.");
        return part.Lines.FirstOrDefault(line => line.Length > options.RegistrationLineCharacters || line.Contains('\0', StringComparison.Ordinal)) is { } unfit
            ? new(Reasons.LimitExceeded.Code, $"A line has {unfit.Length} characters; at most {options.RegistrationLineCharacters} are taken, and no NUL.")
            : null;
    }
}

sealed class PutRegistrationInputConsumer(EventStore store, TemplateEngineOptions options, TimeProvider clock) : IConsumer<PutRegistrationInput>
{
    public async Task Consume(ConsumeContext<PutRegistrationInput> context)
    {
        var refusal = PutInput.Check(context.Message, options);
        RegistrationInputDescription? described = null;
        if (refusal is null) (described, refusal) = await InputsTable.Put(context.Message, options.RegistrationLines, clock.GetUtcNow(), store.DataSource, context.CancellationToken);
        await context.Answer(refusal, () => described!);
    }
}

sealed class ListRegistrationTasksConsumer(EventStore store) : IConsumer<ListRegistrationTasks>
{
    public async Task Consume(ConsumeContext<ListRegistrationTasks> context) =>
        await context.RespondAsync(await TasksTable.List(context.Message, store.DataSource, context.CancellationToken));
}

sealed class ReadRegistrationResultsConsumer(EventStore store) : IConsumer<ReadRegistrationResults>
{
    public async Task Consume(ConsumeContext<ReadRegistrationResults> context) =>
        await context.RespondAsync(await TasksTable.ReadResults(context.Message, store.DataSource, context.CancellationToken));
}
