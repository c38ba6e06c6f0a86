using FleetPlatform.Contracts;
using FleetPlatform.Events;
using MassTransit;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Compares a stretch of this service's events with the hash chain over them.</summary>
sealed class VerifyEventsConsumer(ChainVerifier verifier) : IConsumer<VerifyEvents>
{
    public async Task Consume(ConsumeContext<VerifyEvents> context)
    {
        if (From(context.Message) is not { } from)
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused("Begin without a seal, or name the seal, sequence number and hash that the answer before ended with."));
            return;
        }

        var stretch = await verifier.Verify(from, context.Message.UntilSeal ?? long.MaxValue, cancellation: context.CancellationToken);
        await context.RespondAsync(new EventsVerified
        {
            Events = stretch.Events,
            Seal = stretch.End.Seal,
            Sequence = stretch.End.Sequence,
            Hash = stretch.End.Hash,
            More = stretch.More,
            Findings = [.. stretch.Findings.Select(View)],
        });
    }

    static ChainHead? From(VerifyEvents asked) => asked switch
    {
        { AfterSeal: 0, AfterHash: null } => ChainHead.Origin,
        { AfterSeal: > 0, AfterHash: { Length: 64 } hash } when hash.All(char.IsAsciiHexDigit) => new(asked.AfterSeal, asked.AfterSequence, hash),
        _ => null,
    };

    static AuditFinding View(ChainFinding finding) => new()
    {
        Fault = finding.Fault switch
        {
            ChainFault.EventChanged => AuditFault.EventChanged,
            ChainFault.EventMissing => AuditFault.EventMissing,
            ChainFault.EventAdded => AuditFault.EventAdded,
            ChainFault.SealChanged => AuditFault.SealChanged,
            ChainFault.SealMissing => AuditFault.SealMissing,
            _ => throw new ArgumentOutOfRangeException(nameof(finding), finding.Fault, null),
        },
        Seal = finding.Seal,
        Sequence = finding.Sequence,
        StreamId = finding.StreamId,
        Version = finding.Version,
    };
}

/// <summary>Says where the chain ends.</summary>
sealed class FindChainEndConsumer(ChainVerifier verifier) : IConsumer<FindChainEnd>
{
    public async Task Consume(ConsumeContext<FindChainEnd> context)
    {
        var state = await verifier.FindState(context.CancellationToken);
        await context.RespondAsync(new ChainEnd
        {
            Seal = state.Head.Seal,
            Sequence = state.Head.Sequence,
            Hash = state.Head.Hash,
            UnsealedEvents = state.UnsealedEvents,
            OldestUnsealed = state.OldestUnsealed,
        });
    }
}
