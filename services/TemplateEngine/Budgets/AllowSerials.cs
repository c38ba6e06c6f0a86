using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.AllowSerials;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>Adds serial numbers of a manifest to those that a claim may register.</summary>
static class AllowSerials
{
    const int MaximumSerials = 5000;
    const int MaximumCharacters = 128;

    public static Decision<ClaimEvent> Decide(Command command, DateTimeOffset now)
    {
        if (command.Serials.Count is 0 or > MaximumSerials)
            return new Refusal(Reasons.LimitExceeded.Code, $"Name 1 to {MaximumSerials} serial numbers at once.");
        return command.Serials.FirstOrDefault(serial => serial.Length is 0 or > MaximumCharacters || Texts.HasControlCharacter(serial)) is { } wrong
            ? new Refusal(Reasons.InvalidRequest.Code, $"{Quoted.Of(wrong)} is no serial number: it has 1 to {MaximumCharacters} characters, and no control characters.")
            : new SerialsAllowed([.. command.Serials.Distinct(StringComparer.Ordinal)], command.RequestedBy, now);
    }
}

sealed class AllowSerialsConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        var refusal = Claim.RefuseId(command.ClaimId) ?? (await store.WriteToAggregate<Claim, ClaimEvent>(Claim.Stream(command.ClaimId),
            _ => AllowSerials.Decide(command, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, context.CancellationToken)).Refusal;
        var view = refusal is null ? await DescribeClaim.View(command.ClaimId, store, context.CancellationToken) : null;
        await context.Answer(refusal, () => view!);
    }
}
