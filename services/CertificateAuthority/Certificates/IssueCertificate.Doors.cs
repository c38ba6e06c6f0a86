using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Certificates;

sealed class IssueCertificatesConsumer(IssueCertificate issue) : IConsumer<IssueCertificates>
{
    public Task Consume(ConsumeContext<IssueCertificates> context) =>
        context.AnswerEach<Contracts.CertificateAuthority.IssueCertificate, IssueCertificateAnswer, IssueCertificatesAnswer>(
            item => issue.Handle(item, context.CancellationToken),
            refused => new() { Refused = refused });
}
