using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Gateways;
using FleetPlatform.Revocation.Issued;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Ocsp;
using FleetPlatform.Revocation.Orders;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation;

/// <summary>Every message this service takes. Each consumer stands in the file of its verb.</summary>
static class Doors
{
    public static void Add(FleetBusBuilder bus) => bus
        .AddRequestConsumer<RevokeCertificateConsumer>()
        .AddBatchConsumer<RevokeCertificatesConsumer>()
        .AddRequestConsumer<PlaceRevocationOrderConsumer>()
        .AddRequestConsumer<DescribeRevocationOrderConsumer>()
        .AddRequestConsumer<PreviewRevocationConsumer>()
        .AddRequestConsumer<DescribeCertificateTrustConsumer>()
        .AddRequestConsumer<ListUntrustedConsumer>()
        .AddRequestConsumer<ReadListPartConsumer>()
        .AddEventConsumer<CertificatesIssuedConsumer>()
        .AddEventConsumer<TrustChangeAppliedConsumer>(concurrency: 1)
        .AddPerInstanceConsumer<IssuersChangedConsumer>()
        .AddPerInstanceConsumer<GatewayPresentConsumer>()
        .AddPerInstanceConsumer<SessionsCountedConsumer>()
        .AddPerInstanceConsumer<ForgetAnswersConsumer>(concurrency: 1);
}
