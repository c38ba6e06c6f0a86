using System.Runtime.CompilerServices;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.SignRevocationList;

namespace FleetPlatform.CertificateAuthority.Revocation;

/// <summary>
/// Signs revocation lists, and nothing that only claims to be one: what is to be signed is fetched and read to its last octet, its number must
/// rise, and the intent is recorded first (docs/decisions). The asker never sees the key, and cannot have a certificate signed here.
/// </summary>
sealed class SignRevocationList(EventStore store, IssuerRing ring, IAsk ask, TimeProvider clock)
{
    const int MaximumParts = 2_000; // of 512 KiB: about 25 million entries

    /// <summary>May a list with this number be signed?</summary>
    public static Decision<RevocationListEvent> Decide(string issuerId, ExaminedRevocationList list, string hash, RevocationLists before) =>
        list.Number <= before.LastNumber
            ? Reasons.InvalidRequest.Because($"Number {list.Number} does not rise: {before.LastNumber} has been signed.")
            : new RevocationListApproved(issuerId, list.DistributionPoint, list.Number, list.BaseNumber, list.ThisUpdate, list.NextUpdate, list.Entries, hash);

    public async Task<(byte[]? Signature, Refusal? Refusal)> Handle(Command command, CancellationToken cancellation)
    {
        if (ring.Find(command.IssuerId) is not { } issuer) return (null, Reasons.NotFound.Because("This authority signs nothing here."));
        if (command.Parts is < 1 or > MaximumParts) return (null, Reasons.InvalidRequest.Because($"A list has 1 to {MaximumParts} parts."));
        ExaminedRevocationList list;
        try
        {
            list = await RevocationListExaminer.Examine(
                Fetch(command, cancellation),
                new() { Issuer = issuer.Signer.Certificate, SignatureAlgorithm = issuer.Signer.SignatureAlgorithm, Now = clock.GetUtcNow() }, cancellation);
        }
        catch (PkiException wrong)
        {
            return (null, Reasons.InvalidRequest.Because(wrong.Message));
        }

        var written = await store.WriteToAggregate<RevocationLists, RevocationListEvent>(
            RevocationLists.StreamOf(issuer.Id, list.DistributionPoint), before => Decide(issuer.Id, list, list.HashHex, before),
            new() { Actor = "revocation", CorrelationId = command.DraftId.ToString("N") }, cancellation);
        return written.Refusal is { } refusal ? (null, refusal) : (issuer.Signer.Sign(list), null);
    }

    async IAsyncEnumerable<ReadOnlyMemory<byte>> Fetch(Command command, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var part = 0; part < command.Parts; part++)
        {
            var answer = await ask.Ask<ReadListPart, ListPart>(new() { DraftId = command.DraftId, Part = part }, cancellation);
            yield return answer.Value?.Octets ?? throw new PkiException(PkiFailures.CertificateInvalid, $"Part {part} of the draft is not to be had.");
        }
    }
}

sealed class SignRevocationListConsumer(SignRevocationList sign) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (signature, refusal) = await sign.Handle(context.Message, context.CancellationToken);
        await (signature is null
            ? context.RespondAsync(refusal!.ToRefused())
            : context.RespondAsync(new RevocationListSigned { Signature = signature }));
    }
}

sealed class ListRevocationIssuersConsumer(IssuerRing ring, CertificateAuthorityOptions options) : IConsumer<ListRevocationIssuers>
{
    public Task Consume(ConsumeContext<ListRevocationIssuers> context) => context.RespondAsync(new RevocationIssuers
    {
        Items =
        [
            .. ring.All.Select(issuer => new RevocationIssuer
            {
                IssuerId = issuer.Id, CertificatePem = issuer.CertificatePem, ChainPem = [.. issuer.Chain.Select(above => Pem.WriteCertificate(above))],
                SignatureAlgorithm = issuer.Signer.SignatureAlgorithm, RevocationUrl = Points.Of(issuer.Id, options)?.BaseUrl, Shards = options.RevocationShards,
            }),
        ],
        Roots =
        [
            .. ring.RootLists.Select(list => new RootRevocationList
            {
                Name = RevocationPoints.RootNameOf(CertificateText.Read(ring.Roots.First(root => CertificateId.Of(root) == list.RootCertificateId)).SubjectPublicKeyInfo.Span),
                List = list.List, Number = list.Number, ThisUpdate = list.ThisUpdate, NextUpdate = list.NextUpdate,
            }),
        ],
    });
}
