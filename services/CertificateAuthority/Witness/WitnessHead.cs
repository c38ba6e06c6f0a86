using FleetPlatform.CertificateAuthority.Transparency;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Events.Subscriptions;
using FleetPlatform.Pki.Transparency;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Npgsql;
using Command = FleetPlatform.Contracts.CertificateAuthority.WitnessHead;

namespace FleetPlatform.CertificateAuthority.Witness;

/// <summary>
/// Signs the ends of the stores' hash chains, each only when it goes on from the one signed before. Whoever writes to a database can write a whole chain anew, but has no signature for it
/// (decision 0020).
/// </summary>
sealed class WitnessHead(WitnessedHeads heads, WitnessKey key, NpgsqlDataSource database)
{
    /// <summary>Whether an end is to be signed: it goes on from the last one.</summary>
    public static bool Decide(Command command, Checkpoint last) =>
        command.Seal > last.Size && command.FormerSeal == last.Size && command.FormerHash.AsSpan().SequenceEqual(last.Root);

    public async Task<(WitnessedHead? Head, Refusal? Refusal)> Handle(Command command, CancellationToken cancellation)
    {
        if (!WitnessedHeads.IsStore(command.Store) || command.Hash.Length != MerkleTree.HashLength)
            return (null, Reasons.InvalidRequest.Because("A head has the name of its store and a hash of 32 octets."));
        await using var turn = await Leadership.Take(database, "fleet.witness", cancellation); // replicas share the files
        var signer = await key.Open(cancellation);
        var (last, note) = await heads.Read(command.Store, signer, cancellation);
        if (Decide(command, last))
        {
            last = new(last.Origin, command.Seal, command.Hash);
            heads.Write(command.Store, note = last.Sign(signer));
        }

        return (View(last, note, signer.SubjectPublicKeyInfo), null);
    }

    public async Task<(WitnessedHead? Head, Refusal? Refusal)> Find(string store, CancellationToken cancellation)
    {
        if (!WitnessedHeads.IsStore(store)) return (null, Reasons.InvalidRequest.Because("That is no name of a store."));
        var signer = await key.Open(cancellation);
        var (last, note) = await heads.Read(store, signer, cancellation);
        return (View(last, note, signer.SubjectPublicKeyInfo), null);
    }

    static WitnessedHead View(Checkpoint head, string? note, ReadOnlyMemory<byte> subjectPublicKeyInfo) =>
        new() { Seal = head.Size, Hash = head.Root, Note = note, SubjectPublicKeyInfo = subjectPublicKeyInfo.ToArray() };
}

sealed class WitnessHeadConsumer(WitnessHead witness) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (head, refusal) = await witness.Handle(context.Message, context.CancellationToken);
        await (head is null ? context.RespondAsync(refusal!.ToRefused()) : context.RespondAsync(head));
    }
}

sealed class FindWitnessedHeadConsumer(WitnessHead witness) : IConsumer<FindWitnessedHead>
{
    public async Task Consume(ConsumeContext<FindWitnessedHead> context)
    {
        var (head, refusal) = await witness.Find(context.Message.Store, context.CancellationToken);
        await (head is null ? context.RespondAsync(refusal!.ToRefused()) : context.RespondAsync(head));
    }
}
