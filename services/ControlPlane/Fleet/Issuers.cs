using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>The platform's own authorities: no part of AWS's API.</summary>
sealed class Issuers(IAsk ask) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("ListIssuers", "GET /fleet/issuers", List),
        new("RequestIssuer", "POST /fleet/issuers", Request),
        new("InstallIssuer", "PUT /fleet/issuers/{issuerId}/certificate", Install),
        new("AssignSigning", "PUT /fleet/issuers/{issuerId}/signing", Assign),
        new("InstallRootList", "PUT /fleet/root-list", InstallRootList),
    ];

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListIssuers, IssuersListed>(new(), cancellation)).Reply(found => new { issuers = found.Items.Select(Body) });

    async Task<Reply> Request(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<RequestIssuer, IssuerDescription>(new()
        {
            CommonName = request.Text("commonName"),
            Organization = request.OptionalText("organization"),
            KeyType = request.OptionalText("keyType") ?? "EcdsaP256",
            TokenUri = request.OptionalText("tokenUri"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(Body);

    async Task<Reply> Install(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<InstallIssuer, IssuerDescription>(new()
        {
            IssuerId = request.Path("issuerId"),
            CertificatePem = request.Text("certificatePem"),
            ChainPem = request.Texts("chainPem"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(Body);

    async Task<Reply> Assign(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<AssignSigning, IssuerDescription>(new()
        {
            IssuerId = request.Path("issuerId"), Profiles = request.Texts("profiles"), RequestedBy = request.Caller,
        }, cancellation)).Reply(Body);

    async Task<Reply> InstallRootList(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<InstallRootList, RootListDescription>(new() { ListPem = request.Text("listPem"), RequestedBy = request.Caller }, cancellation)).Reply(list => new
        {
            rootCertificateId = list.RootCertificateId,
            number = list.Number,
            thisUpdate = list.ThisUpdate.Epoch(),
            nextUpdate = list.NextUpdate.Epoch(),
            revoked = list.Revoked,
        });

    static object Body(IssuerDescription issuer) => new
    {
        issuerId = issuer.IssuerId,
        state = issuer.State,
        profiles = issuer.Profiles,
        subject = issuer.Subject,
        certificateId = issuer.CertificateId,
        certificatePem = issuer.CertificatePem,
        chainPem = issuer.ChainPem,
        signingRequestPem = issuer.SigningRequestPem,
        keyStore = issuer.KeyStore,
        keyAlgorithm = issuer.KeyAlgorithm,
        pathLength = issuer.PathLength,
        notBefore = issuer.NotBefore?.Epoch(),
        notAfter = issuer.NotAfter?.Epoch(),
    };
}
