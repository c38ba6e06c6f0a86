using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Query = FleetPlatform.Contracts.CertificateAuthority.FindIssuedCertificate;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>The certificate of an id, at once after it was signed: what a pre-provisioning hook is shown.</summary>
sealed class FindIssuedCertificateConsumer(EventStore store) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var id = context.Message.CertificateId;
        var signed = CertificateId.IsWellFormed(id)
            ? (await store.AggregateStreamAsync<Certificate, CertificateEvent>(Certificate.StreamOf(id), context.CancellationToken)).Signed
            : null;
        if (signed is null) await context.RespondAsync(Reasons.NotFound.ToRefused("This authority has signed no such certificate."));
        else await context.RespondAsync(new IssuedCertificateFound { CertificatePem = Pem.Write("CERTIFICATE", signed.Certificate) });
    }
}
