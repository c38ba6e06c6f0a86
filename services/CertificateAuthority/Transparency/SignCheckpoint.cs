using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki.Transparency;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.SignCheckpoint;

namespace FleetPlatform.CertificateAuthority.Transparency;

/// <summary>
/// Signs checkpoints of the transparency log, which another service keeps. Only a log that has grown out of what was signed last, recorded before it is signed:
/// whoever takes that service over cannot show two histories under one signature.
/// </summary>
sealed class SignCheckpoint(EventStore store, CheckpointKey key, TimeProvider clock)
{
    const int MaximumProof = 64;

    /// <summary>Has the log only grown?</summary>
    public static Decision<CheckpointEvent> Decide(Command command, SignedCheckpoints before, DateTimeOffset now)
    {
        if (command.Size == before.Size && command.Root.AsSpan().SequenceEqual(before.Root)) return Decision<CheckpointEvent>.Nothing;
        if (!MerkleProofs.IsConsistent(before.Size, before.Root, command.Size, command.Root, command.ConsistencyProof))
            return Reasons.InvalidRequest.Because($"The log has not grown out of the one with {before.Size} entries that was signed: entries were changed or lost.");
        return new CheckpointApproved(command.Origin, command.Size, command.Root, now);
    }

    public async Task<(CheckpointSigned? Signed, Refusal? Refusal)> Handle(Command command, CancellationToken cancellation)
    {
        if (!Checkpoint.IsOrigin(command.Origin) || command.Root.Length != MerkleTree.HashLength
            || command.ConsistencyProof.Count > MaximumProof || command.ConsistencyProof.Any(hash => hash.Length != MerkleTree.HashLength))
            return (null, Reasons.InvalidRequest.Because("A checkpoint has an origin without white space or plus sign, a root of 32 octets, and a proof of at most 64 hashes."));
        var stream = SignedCheckpoints.StreamOf(command.Origin);
        var before = await store.AggregateStreamAsync<SignedCheckpoints, CheckpointEvent>(stream, cancellation);
        var signer = await key.Open(cancellation);
        if (command.FormerSize != before.Size && command.Size > before.Size)
            return (new() { LastSize = before.Size, SubjectPublicKeyInfo = signer.SubjectPublicKeyInfo.ToArray() }, null);

        var written = await store.WriteToAggregate<SignedCheckpoints, CheckpointEvent>(
            stream, state => Decide(command, state, clock.GetUtcNow()), new() { Actor = "revocation" }, cancellation);
        return written.Refusal is { } refusal ? (null, refusal) : (new()
        {
            Note = new Checkpoint(command.Origin, command.Size, command.Root).Sign(signer),
            LastSize = command.Size,
            SubjectPublicKeyInfo = signer.SubjectPublicKeyInfo.ToArray(),
        }, null);
    }
}

sealed class SignCheckpointConsumer(SignCheckpoint sign) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (signed, refusal) = await sign.Handle(context.Message, context.CancellationToken);
        await (signed is null ? context.RespondAsync(refusal!.ToRefused()) : context.RespondAsync(signed));
    }
}
