using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.RotationScheduler.CreateCampaign;

namespace FleetPlatform.RotationScheduler.Campaigns;

/// <summary>Begins a campaign over the certificates that its query finds now. The first turn of the clock begins the canary.</summary>
sealed class CreateCampaign(EventStore store, TimeProvider clock)
{
    /// <summary>Most devices of one campaign.</summary>
    public const int MaximumTargets = 100_000;
    const int TargetsPerEvent = 500;
    const int MaximumId = 64;

    public static Refusal? Refuse(Command command) => command switch
    {
        _ when !IsId(command.CampaignId) => Wrong("A campaign's name has 1 to 64 letters, digits, '_' and '-'."),
        { Query: { Group: null, Issuer: null, PublicKey: null, Template: null } } => Wrong("The query names a group, an issuer, a public key or a template."),
        { CanaryPercent: < 1 or > 100 } => Wrong("canaryPercent is 1 to 100."),
        { WavePercent: < 1 or > 100 } => Wrong("wavePercent is 1 to 100."),
        { AbortPercent: < 1 or > 100 } => Wrong("abortPercent is 1 to 100."),
        { PerMinute: < 1 or > 100_000 } => Wrong("perMinute is 1 to 100,000."),
        { Terms: { } terms } => RenewalRule.Refuse(terms with { Scope = RenewalRule.DefaultScope }),
        _ => null,
    };

    /// <summary>All events of the beginning; the targets come in the order of their turns.</summary>
    public static Decision<CampaignEvent> Decide(Command command, IReadOnlyList<CampaignTarget> targets, Campaign campaign, DateTimeOffset now)
    {
        if (campaign.State != CampaignState.None) return new Refusal(Reasons.AlreadyExists.Code, $"There is a campaign {command.CampaignId} already.");
        if (Refuse(command) is { } refusal) return refusal;
        if (targets.Count == 0) return new Refusal(Reasons.NotFound.Code, "The query finds no active certificate of a thing.");
        if (targets.Count > MaximumTargets) return new Refusal(Reasons.LimitExceeded.Code, $"A campaign has at most {MaximumTargets} devices; narrow the query.");

        var query = command.Query;
        var terms = command.Terms is { } given ? RenewalRule.Of(given).Terms : RotationTerms.Default;
        return Decision<CampaignEvent>.Of(
        [
            new CampaignCreated(command.CampaignId, new(query.Group, query.Issuer, query.PublicKey, query.Template), command.CanaryPercent, command.WavePercent,
                command.AbortPercent, command.PerMinute, terms, targets.Count, command.RequestedBy) { At = now },
            .. targets.Chunk(TargetsPerEvent).Select((chunk, index) => new TargetsChosen(index * TargetsPerEvent, chunk) { At = now }),
        ]);
    }

    public async Task<Refusal?> Handle(Command command, CancellationToken cancellation)
    {
        if (Refuse(command) is { } refusal) return refusal;
        var targets = await Find(command, cancellation);
        return (await store.WriteToAggregate<Campaign, CampaignEvent>(Campaign.StreamOf(command.CampaignId),
            campaign => Decide(command, targets, campaign, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, cancellation)).Refusal;
    }

    // In the order of certificate ids, which are hashes: the canary is a sample. Of a thing with several certificates the newest.
    async Task<IReadOnlyList<CampaignTarget>> Find(Command command, CancellationToken cancellation)
    {
        await using var query = store.DataSource.CreateCommand("""
            select thing_name, certificate_id from (
                select distinct on (thing_name) thing_name, certificate_id from fleet_certificates
                where status = 'Active' and thing_name is not null and ($1 is null or $1 = any(groups)) and ($2 is null or issuer = $2)
                    and ($3 is null or public_key = $3) and ($4 is null or template = $4)
                order by thing_name, not_before desc) found
            order by certificate_id limit $5
            """);
        foreach (var value in (string?[])[command.Query.Group, command.Query.Issuer, command.Query.PublicKey, command.Query.Template]) query.Parameters.Add(Sql.Text(value));
        query.Parameters.Add(Sql.Number(MaximumTargets + 1));
        var targets = new List<CampaignTarget>();
        await using var reader = await query.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) targets.Add(new(reader.GetString(0), reader.GetString(1)));
        return targets;
    }

    public static bool IsId(string id) => id.Length is > 0 and <= MaximumId && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');

    static Refusal Wrong(string detail) => new(Reasons.InvalidRequest.Code, detail);
}

sealed class CreateCampaignConsumer(CreateCampaign create, CampaignsTable table) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var refusal = await create.Handle(context.Message, context.CancellationToken);
        if (refusal is not null) await context.RespondAsync(refusal.ToRefused());
        else await context.RespondAsync((await table.Describe(context.Message.CampaignId, context.CancellationToken))!);
    }
}
