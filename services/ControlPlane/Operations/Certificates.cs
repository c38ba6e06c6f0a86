using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Registered certificates (aws-protocol 11.4); making new ones is in <see cref="CertificateCreation"/>.</summary>
sealed class Certificates(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("RegisterCertificate", "POST /certificate/register", Register),
        new("RegisterCertificateWithoutCA", "POST /certificate/register-no-ca", RegisterWithoutCa),
        new("DescribeCertificate", "GET /certificates/{certificateId}", Describe),
        new("UpdateCertificate", "PUT /certificates/{certificateId}", Update),
        new("DeleteCertificate", "DELETE /certificates/{certificateId}", Delete),
        new("ListCertificates", "GET /certificates", List),
    ];

    // With a CA: one that is registered and active has signed the certificate, or it is refused.
    async Task<Reply> Register(OperationRequest request, CancellationToken cancellation)
    {
        var issuer = await ask.Ask<FindCertificateIssuer, CertificateIssuerFound>(
            new() { CertificatePem = request.Text("certificatePem"), CaCertificatePem = request.OptionalText("caCertificatePem") }, cancellation);
        return issuer.Refused is { } refused
            ? Reply.Refuse(refused)
            : await Register(request, issuer.Value!.CaCertificateId, issuer.Value.Mode, cancellation);
    }

    // Without: the fingerprint is all that counts, so self-signed certificates do as well. AWS reports such certificates as SNI_ONLY.
    Task<Reply> RegisterWithoutCa(OperationRequest request, CancellationToken cancellation) =>
        Register(request, caCertificateId: null, CertificateMode.SniOnly, cancellation);

    async Task<Reply> Register(OperationRequest request, string? caCertificateId, CertificateMode mode, CancellationToken cancellation)
    {
        var pem = request.Text("certificatePem");
        var answer = await ask.Ask<RegisterCertificate, CertificateDescription>(
            new() { CertificatePem = pem, Status = RegisteredStatus(request), CaCertificateId = caCertificateId, Mode = mode, RequestedBy = request.Caller }, cancellation);
        return answer.Reply(
            certificate => new { certificateArn = arn.Certificate(certificate.CertificateId), certificateId = certificate.CertificateId },
            Existing(pem));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeCertificate, CertificateDescription>(new() { CertificateId = request.Path("certificateId") }, cancellation)).Reply(certificate => new
        {
            certificateDescription = new
            {
                certificateArn = arn.Certificate(certificate.CertificateId),
                certificateId = certificate.CertificateId,
                caCertificateId = certificate.CaCertificateId,
                status = certificate.Status.Text(),
                certificatePem = certificate.CertificatePem,
                ownedBy = arn.AccountId,
                creationDate = certificate.CreatedAt.Epoch(),
                lastModifiedDate = certificate.LastModifiedAt.Epoch(),
                customerVersion = certificate.CustomerVersion,
                validity = new { notBefore = certificate.NotBefore.Epoch(), notAfter = certificate.NotAfter.Epoch() },
                certificateMode = certificate.Mode.Text(),
            },
        });

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation)
    {
        var id = request.Path("certificateId");
        var status = request.Query("newStatus") switch
        {
            "ACTIVE" => CertificateStatus.Active,
            "INACTIVE" => CertificateStatus.Inactive,
            "REVOKED" => CertificateStatus.Revoked,
            "PENDING_ACTIVATION" or "PENDING_TRANSFER" => CertificateStatus.PendingActivation, // refused where the rules are
            _ => throw new InvalidInputException("newStatus must be ACTIVE, INACTIVE or REVOKED."),
        };
        if (status == CertificateStatus.Revoked && await Revoke(request, id, cancellation) is { } refused) return Reply.Refuse(refused);
        return (await ask.Ask<ChangeCertificateStatus, CertificateDescription>(
            new() { CertificateId = id, Status = status, RequestedBy = request.Caller }, cancellation)).Reply();
    }

    // The revocation and its proof first, so that gateways close sessions at once; the registration follows.
    async Task<Refused?> Revoke(OperationRequest request, string id, CancellationToken cancellation)
    {
        var described = await ask.Ask<DescribeCertificate, CertificateDescription>(new() { CertificateId = id }, cancellation);
        if (described.Refused is not null) return described.Refused;
        if (described.Value!.Status == CertificateStatus.Revoked) return null;

        return (await ask.Ask<RevokeCertificate, RevocationRecorded>(
            new() { CertificateId = id, Reason = Reason(request.Query("revocationReason")), RequestedBy = request.Caller }, cancellation)).Refused;
    }

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteCertificate, Done>(
            new() { CertificateId = request.Path("certificateId"), Force = request.Flag("forceDelete"), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListCertificates, CertificatesListed>(new() { Page = request.MarkerPage() }, cancellation)).Reply(page => Body(page, request, arn));

    /// <summary>A page of certificates as AWS shapes it.</summary>
    public static object Body(CertificatesListed page, OperationRequest request, Arn arn) => new
    {
        certificates = page.Items.Select(certificate => new
        {
            certificateArn = arn.Certificate(certificate.CertificateId),
            certificateId = certificate.CertificateId,
            status = certificate.Status.Text(),
            certificateMode = certificate.Mode.Text(),
            creationDate = certificate.CreatedAt.Epoch(),
        }),
        nextMarker = request.Next(page.Next),
    };

    // AWS's default is INACTIVE; setAsActive and status say otherwise.
    static CertificateStatus RegisteredStatus(OperationRequest request) => request.OptionalText("status") switch
    {
        null => request.Flag("setAsActive") ? CertificateStatus.Active : CertificateStatus.Inactive,
        "ACTIVE" => CertificateStatus.Active,
        "INACTIVE" => CertificateStatus.Inactive,
        "PENDING_ACTIVATION" => CertificateStatus.PendingActivation,
        "REVOKED" => CertificateStatus.Revoked,
        _ => throw new InvalidInputException("status must be ACTIVE or INACTIVE."),
    };

    (string? Id, string Arn)? Existing(string pem) =>
        Pki.Pem.TryReadOnly(pem, Pki.Pem.Certificate) is { } der && Pki.CertificateId.Of(der) is var id ? (id, arn.Certificate(id)) : null;

    // Not of AWS's API: the reason that revocation lists give. Clients that do not know it leave it unspecified.
    static RevocationReason Reason(string? text) => text is null
        ? RevocationReason.Unspecified
        : Enum.TryParse<RevocationReason>(text, ignoreCase: true, out var reason) && Enum.IsDefined(reason)
            ? reason
            : throw new InvalidInputException($"revocationReason must be one of {string.Join(", ", Enum.GetNames<RevocationReason>())}.");
}
