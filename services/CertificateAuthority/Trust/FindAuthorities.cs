using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>Who has signed a certificate that an operator wants to register: an active authority, or the platform itself.</summary>
sealed class FindIssuer(EventStore store, IssuerRing ring, TimeProvider clock)
{
    public async Task<(CertificateIssuerFound? Found, Refusal? Refusal)> Handle(FindCertificateIssuer query, CancellationToken cancellation)
    {
        try
        {
            var leaf = CertificateText.ReadPem(query.CertificatePem);
            if (leaf.IsAuthority) return (null, Invalid("This is the certificate of an authority; register a device's, or register it with RegisterCACertificate."));
            var wanted = query.CaCertificatePem is { } pem ? CertificateId.Of(Pem.ReadCertificate(pem)) : null;
            if (wanted is null && ring.HasSigned(leaf)) return (new() { Mode = CertificateMode.Default }, null);

            var authorities = (await AuthoritiesTable.Active(store.DataSource, leaf.Issuer, cancellation))
                .Where(authority => wanted is null || authority.CaCertificateId == wanted).ToDictionary(authority => authority.CaCertificateId, StringComparer.Ordinal);
            TrustAnchor[] anchors = [.. authorities.Values.Select(authority => TrustAnchor.Read(Pem.ReadCertificate(authority.CertificatePem)))];
            try
            {
                return CertificatePath.Find(leaf, [], _ => anchors, clock.GetUtcNow(), out var anchor) is { } fault
                    ? (null, Invalid(fault))
                    : (new() { CaCertificateId = anchor!.Id, Mode = authorities[anchor.Id].Mode }, null);
            }
            finally
            {
                foreach (var anchor in anchors) anchor.Key.Dispose();
            }
        }
        catch (PkiException wrong)
        {
            return (null, Invalid(wrong.Message));
        }
    }

    static Refusal Invalid(string detail) => new(Reasons.CertificateInvalid.Code, detail);
}

sealed class FindCertificateIssuerConsumer(FindIssuer find) : IConsumer<FindCertificateIssuer>
{
    public async Task Consume(ConsumeContext<FindCertificateIssuer> context)
    {
        var (found, refusal) = await find.Handle(context.Message, context.CancellationToken);
        if (refusal is not null) await context.RespondAsync(refusal.ToRefused());
        else await context.RespondAsync(found!);
    }
}

sealed class FindTrustedAuthoritiesConsumer(EventStore store) : IConsumer<FindTrustedAuthorities>
{
    public async Task Consume(ConsumeContext<FindTrustedAuthorities> context) => await context.RespondAsync(
        new TrustedAuthoritiesFound { Items = await AuthoritiesTable.Active(store.DataSource, issuer: null, context.CancellationToken) });
}

sealed class DescribeTrustedAuthorityConsumer(EventStore store) : IConsumer<DescribeTrustedAuthority>
{
    public async Task Consume(ConsumeContext<DescribeTrustedAuthority> context)
    {
        var id = context.Message.CaCertificateId;
        var authority = CertificateId.IsWellFormed(id)
            ? await store.AggregateStreamAsync<TrustedAuthority, AuthorityEvent>(TrustedAuthority.StreamOf(id), context.CancellationToken)
            : TrustedAuthority.Initial;
        if (authority.Terms is null) await context.RespondAsync(TrustedAuthority.Missing(id).ToRefused());
        else await context.RespondAsync(authority.Describe());
    }
}

sealed class ListTrustedAuthoritiesConsumer(EventStore store) : IConsumer<ListTrustedAuthorities>
{
    public async Task Consume(ConsumeContext<ListTrustedAuthorities> context) =>
        await context.RespondAsync(await AuthoritiesTable.List(store.DataSource, context.Message, context.CancellationToken));
}
