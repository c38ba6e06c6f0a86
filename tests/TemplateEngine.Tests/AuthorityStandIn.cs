using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.TemplateEngine.Tests;

/// <summary>As much of the authority as its contract promises: one flow, one certificate, however often it is asked for.</summary>
sealed class IssueStandInConsumer(Stack stack) : IConsumer<IssueCertificates>
{
    static readonly ConcurrentDictionary<string, string> Issued = new(StringComparer.Ordinal);

    public Task Consume(ConsumeContext<IssueCertificates> context) =>
        context.AnswerEach<IssueCertificate, IssueCertificateAnswer, IssueCertificatesAnswer>(Answer, refused => new() { Refused = refused });

    async Task<IssueCertificateAnswer> Answer(IssueCertificate item)
    {
        if (item.CertificateSigningRequest!.Contains("held", StringComparison.Ordinal)) await stack.Held.Task;
        if (item.CertificateSigningRequest.Contains("broken", StringComparison.Ordinal)) return new() { Refused = Reasons.InvalidCsr.ToRefused("It is broken.") };
        var pem = Issued.GetOrAdd(item.Flow.FlowId, _ => ACertificate());
        var id = CertificateId.Of(Pem.ReadCertificate(pem));
        stack.Certificates[id] = pem;
        return new() { CertificateId = id, CertificatePem = pem };
    }

    public static string ACertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return Pem.WriteCertificate(certificate.RawData);
    }
}

/// <summary>What was admitted, by certificate id.</summary>
sealed class AdmitStandInConsumer : IConsumer<AdmitCertificates>
{
    public static ConcurrentDictionary<string, AdmitCertificate> Admitted { get; } = new(StringComparer.Ordinal);

    public Task Consume(ConsumeContext<AdmitCertificates> context) =>
        context.AnswerEach<AdmitCertificate, AdmitCertificateAnswer, AdmitCertificatesAnswer>(item =>
        {
            Admitted[CertificateId.Of(item.Certificate)] = item;
            return Task.FromResult(new AdmitCertificateAnswer());
        }, refused => new() { Refused = refused });
}

/// <summary>Every certificate has the registered authority <c>aaaa…</c>, unless it comes with a wrong one.</summary>
sealed class FindIssuerStandIn : IConsumer<FindCertificateIssuer>
{
    public Task Consume(ConsumeContext<FindCertificateIssuer> context) => context.Message.CaCertificatePem is null
        ? context.RespondAsync(new CertificateIssuerFound { CaCertificateId = new('a', 64), Mode = CertificateMode.Default })
        : context.RespondAsync(Reasons.CertificateInvalid.ToRefused("Not signed by it."));
}
