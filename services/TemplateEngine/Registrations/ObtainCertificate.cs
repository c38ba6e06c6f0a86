using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.TemplateEngine.Registrations;

/// <summary>The certificate that a registration is about.</summary>
/// <param name="Pem">Null for one that was named by its id.</param>
/// <param name="Registered">False for one that was just issued.</param>
readonly record struct ObtainedCertificate(string Id, string? Pem, bool Registered);

/// <summary>Gets a certificate in the way that the operator names it: signed for a CSR, brought from elsewhere, or registered already.</summary>
sealed class ObtainCertificate(
    IAsk ask, IBatcher<IssueCertificate, IssueCertificateAnswer> authority, IBatcher<AdmitCertificate, AdmitCertificateAnswer> registry)
{
    /// <summary>Has a certificate signed. The same flow and CSR again give the same certificate.</summary>
    public async Task<(ObtainedCertificate Certificate, Refusal? Refusal)> Issue(string csr, FlowContext flow, CancellationToken cancellation)
    {
        var answer = await authority.Ask(new() { Flow = flow.Traced(), Purpose = CertificatePurpose.Registration, CertificateSigningRequest = csr }, cancellation);
        return answer.Refused is { } refused
            ? (default, new(refused.Code, refused.Detail))
            : (new(answer.CertificateId!, answer.CertificatePem, Registered: false), null);
    }

    /// <summary>Makes a certificate from elsewhere known, pending. One that is known stays as it is.</summary>
    /// <param name="authorityPem">The registered authority, where several have one subject.</param>
    /// <param name="withoutAuthority">True: no authority is asked for; the certificate alone is trusted.</param>
    public async Task<(ObtainedCertificate Certificate, Refusal? Refusal)> Import(
        string pem, string? authorityPem, bool withoutAuthority, FlowContext flow, CancellationToken cancellation)
    {
        if (Pem.TryReadOnly(pem, Pem.Certificate) is not { } der)
            return (default, new(Reasons.CertificateInvalid.Code, "Expected exactly one PEM block labelled CERTIFICATE."));

        var (issuer, mode) = ((string?)null, CertificateMode.SniOnly);
        if (!withoutAuthority)
        {
            var found = await ask.Ask<FindCertificateIssuer, CertificateIssuerFound>(new() { CertificatePem = pem, CaCertificatePem = authorityPem }, cancellation);
            if (found.Refused is { } unknown) return (default, new(unknown.Code, unknown.Detail));
            (issuer, mode) = (found.Value!.CaCertificateId, found.Value.Mode);
        }

        var admitted = await registry.Ask(
            new() { Certificate = der, CaCertificateId = issuer, Mode = mode, TraceParent = flow.Traced().TraceParent, RequestedBy = flow.PrincipalId }, cancellation);
        return admitted.Refused is { } refused
            ? (default, new(refused.Code, refused.Detail))
            : (new(CertificateId.Of(der), Pem.WriteCertificate(der), Registered: true), null);
    }
}
