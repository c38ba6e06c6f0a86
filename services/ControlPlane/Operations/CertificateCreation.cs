using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.Pki;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>New certificates for operators, and the temporary claims of trusted users (aws-protocol 4 and 11.4).</summary>
sealed class CertificateCreation(
    IAsk ask, IBatcher<IssueCertificate, IssueCertificateAnswer> authority, SealedSecretOpener opener, ControlPlaneOptions options, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("CreateKeysAndCertificate", "POST /keys-and-certificate", CreateKeys),
        new("CreateCertificateFromCsr", "POST /certificates", CreateFromCsr),
        new("CreateProvisioningClaim", "POST /provisioning-templates/{templateName}/provisioning-claim", CreateClaim),
    ];

    async Task<Reply> CreateKeys(OperationRequest request, CancellationToken cancellation)
    {
        var issued = await Issue(request, CertificatePurpose.Operator, csr: null, claimFor: null, cancellation);
        return issued.Refused is { } refused ? Reply.Refuse(refused) : Reply.Of(new
        {
            certificateArn = arn.Certificate(issued.Answer.CertificateId!),
            certificateId = issued.Answer.CertificateId,
            certificatePem = issued.Answer.CertificatePem,
            keyPair = new { PublicKey = issued.Answer.PublicKeyPem, PrivateKey = issued.PrivateKey },
        });
    }

    async Task<Reply> CreateFromCsr(OperationRequest request, CancellationToken cancellation)
    {
        var issued = await Issue(request, CertificatePurpose.Operator, request.Text("certificateSigningRequest"), claimFor: null, cancellation);
        return issued.Refused is { } refused ? Reply.Refuse(refused) : Reply.Of(new
        {
            certificateArn = arn.Certificate(issued.Answer.CertificateId!),
            certificateId = issued.Answer.CertificateId,
            certificatePem = issued.Answer.CertificatePem,
        });
    }

    async Task<Reply> CreateClaim(OperationRequest request, CancellationToken cancellation)
    {
        var template = request.Path("templateName");
        var described = await ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = template }, cancellation);
        if (described.Refused is { } missing) return Reply.Refuse(missing);
        if (described.Value!.Type != "FLEET_PROVISIONING")
            return Reply.Refuse(Reasons.InvalidRequest, $"Template {template} is not for fleet provisioning.");

        var issued = await Issue(request, CertificatePurpose.TemporaryClaim, csr: null, template, cancellation);
        return issued.Refused is { } refused ? Reply.Refuse(refused) : Reply.Of(new
        {
            certificateId = issued.Answer.CertificateId,
            certificatePem = issued.Answer.CertificatePem,
            keyPair = new { PublicKey = issued.Answer.PublicKeyPem, PrivateKey = issued.PrivateKey },
            expiration = issued.Answer.NotAfter!.Value.Epoch(),
        });
    }

    // Issue, then register: a crash between the two leaves a certificate that nobody was given and that may do nothing.
    async Task<(IssueCertificateAnswer Answer, string? PrivateKey, Refused? Refused)> Issue(
        OperationRequest request, CertificatePurpose purpose, string? csr, string? claimFor, CancellationToken cancellation)
    {
        var flow = Guid.CreateVersion7().ToString("N");
        var issued = await authority.Ask(new()
        {
            Flow = new FlowContext { FlowId = flow, SessionId = flow, PrincipalId = request.Caller, ClientId = "control-plane" }.Traced(),
            Purpose = purpose,
            CertificateSigningRequest = csr,
            KeyAlgorithm = options.KeyAlgorithm,
            SealTo = csr is null ? opener.PublicKey : null,
        }, cancellation);
        if (issued.Refused is not null) return (issued, null, issued.Refused);

        var registered = await ask.Ask<RegisterCertificate, CertificateDescription>(new()
        {
            CertificatePem = issued.CertificatePem!,
            Status = claimFor is not null || request.Flag("setAsActive") ? CertificateStatus.Active : CertificateStatus.Inactive,
            ClaimForTemplate = claimFor,
            RequestedBy = request.Caller,
        }, cancellation);
        return registered.Refused is not null
            ? (issued, null, registered.Refused)
            : (issued, issued.SealedPrivateKey is { } box ? Open(box, flow) : null, null);
    }

    // The key leaves this process in the answer and nowhere else; a string cannot be erased, the bytes can.
    string Open(byte[] box, string flow)
    {
        var key = opener.Open(box, flow);
        try
        {
            return Encoding.ASCII.GetString(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
