using FleetPlatform.Contracts.CertificateAuthority;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Issuers;

sealed class GetTrustAnchorsConsumer(IssuerRing ring) : IConsumer<GetTrustAnchors>
{
    public Task Consume(ConsumeContext<GetTrustAnchors> context) => context.RespondAsync(new TrustAnchors
    {
        RootPem = ring.RootsPem,
        IntermediatesPem = [.. ring.All.Select(issuer => issuer.CertificatePem)],
    });
}
