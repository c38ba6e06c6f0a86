using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Command = FleetPlatform.Contracts.TemplateEngine.ChangeClaim;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>Limits, pauses, opens or quarantines a claim.</summary>
static class ChangeClaim
{
    const int ReasonCharacters = 500;
    const int ParameterCharacters = 128;

    public static Decision<ClaimEvent> Decide(Command command, Claim claim, DateTimeOffset now)
    {
        if (command.MaximumRegistrations < 0 || command.RegistrationsPerMinute < 0)
            return new Refusal(Reasons.InvalidRequest.Code, "A limit is a number of registrations, from 0.");
        if (command.SerialParameter is { } parameter && (parameter.Length is 0 or > ParameterCharacters || Texts.HasControlCharacter(parameter)))
            return new Refusal(Reasons.InvalidRequest.Code, $"The serial number's parameter has 1 to {ParameterCharacters} characters.");
        if (command.Reason is { } reason && (reason.Length > ReasonCharacters || Texts.HasControlCharacter(reason)))
            return new Refusal(Reasons.InvalidRequest.Code, $"A reason has at most {ReasonCharacters} characters, and no control characters.");
        if (claim.Status == ClaimStatus.Quarantined && command.Status is not (null or ClaimStatus.Quarantined))
            return new Refusal(Reasons.InvalidRequest.Code, "A quarantined claim is never opened again. Make another claim.");

        var limited = new ClaimLimited(
            command.NoLimit ? null : command.MaximumRegistrations ?? claim.MaximumRegistrations,
            command.NoLimit ? null : command.RegistrationsPerMinute ?? claim.RegistrationsPerMinute,
            command.NoWindow ? null : command.NotBefore ?? claim.NotBefore,
            command.NoWindow ? null : command.NotAfter ?? claim.NotAfter,
            command.SerialParameter ?? claim.SerialParameter, command.RequestedBy, now);
        if (limited.NotBefore >= limited.NotAfter) return new Refusal(Reasons.InvalidRequest.Code, "notBefore must be before notAfter.");

        var events = new List<ClaimEvent>();
        if (claim.Evolve(limited) with { IsManaged = claim.IsManaged } != claim) events.Add(limited);
        if (command.Status is { } status && status != claim.Status) events.Add(new ClaimStatusChanged(status, command.Reason, command.RequestedBy, now));
        return Decision<ClaimEvent>.Of(events);
    }
}

sealed class ChangeClaimConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        var refusal = Claim.RefuseId(command.ClaimId) ?? (await store.WriteToAggregate<Claim, ClaimEvent>(Claim.Stream(command.ClaimId),
            claim => ChangeClaim.Decide(command, claim, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, context.CancellationToken)).Refusal;
        var view = refusal is null ? await DescribeClaim.View(command.ClaimId, store, context.CancellationToken) : null;
        await context.Answer(refusal, () => view!);
    }
}
