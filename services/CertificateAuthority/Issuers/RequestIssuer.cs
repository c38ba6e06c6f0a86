using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.RequestIssuer;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Makes a key for a new authority and the request that a root elsewhere is to sign. The key never leaves its store.</summary>
sealed class RequestIssuer(EventStore store, IssuerKeyStores keys, TimeProvider clock)
{
    public static Decision<IssuerEvent> Decide(IssuerRequested request, Issuer state) => state.Exists
        ? new Refusal(Reasons.VersionConflict.Code, "Somebody else has requested an authority at the same time. Repeat the request.")
        : request;

    public async Task<(Written<Issuer, IssuerEvent> Written, string Id)> Handle(Command command, CancellationToken cancellation)
    {
        var subject = SubjectName.Of(new(Oids.Organization, command.Organization ?? "FleetPlatform"), new(Oids.CommonName, command.CommonName));
        if (command.CommonName.Length == 0 || subject.FindFault() is not null)
            return Refused(new(Reasons.InvalidRequest.Code, subject.FindFault() ?? "An authority has a common name."));
        if (!Enum.TryParse<IssuerKeyType>(command.KeyType, ignoreCase: true, out var type) || !Enum.IsDefined(type))
            return Refused(new(Reasons.InvalidRequest.Code, $"keyType is one of {string.Join(", ", Enum.GetNames<IssuerKeyType>())}."));

        var known = await OpenIssuers.ReadAll(store, cancellation);
        var number = known.Max(issuer => Issuer.NumberOf(issuer.Id)) + 1;
        if (number > Issuer.MaximumIssuers) return Refused(new(Reasons.LimitExceeded.Code, $"There are {Issuer.MaximumIssuers} authorities, the most that serial numbers can tell apart."));

        var id = Issuer.IdOf(number);
        var (key, handle, refusal) = keys.Provide(id, command.TokenUri, type, clock.GetUtcNow());
        if (refusal is not null) return Refused(refusal);
        using (key!)
        {
            if (known.Any(issuer => issuer.Issuer.Requested is { } other && other.SubjectPublicKeyInfo.AsSpan().SequenceEqual(key!.SubjectPublicKeyInfo.Span)))
                return Refused(new(Reasons.AlreadyExists.Code, "This key on the token is an authority's already."));
            var request = new IssuerRequested(id, handle, key!.SubjectPublicKeyInfo.ToArray(), SigningRequestText.Write(key, subject),
                (byte)(number + 1), command.RequestedBy, clock.GetUtcNow());
            return (await store.WriteToAggregate<Issuer, IssuerEvent>(Issuer.StreamOf(id), state => Decide(request, state),
                new() { Actor = command.RequestedBy }, cancellation), id);
        }
    }

    static (Written<Issuer, IssuerEvent>, string) Refused(Refusal refusal) => (new(refusal, Issuer.Initial, 0), "");
}

sealed class RequestIssuerConsumer(RequestIssuer request, IssuerRing ring) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (written, id) = await request.Handle(context.Message, context.CancellationToken);
        if (written.Refusal is { } refusal) await context.RespondAsync(refusal.ToRefused());
        else await context.RespondAsync(ListIssuers.Describe(id, written.State, ring));
    }
}
