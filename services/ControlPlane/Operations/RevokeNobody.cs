using FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Asks at start for what a revocation asks for, of a certificate that nobody has: each service refuses.</summary>
sealed class RevokeNobody(IAsk ask) : IWarmUp
{
    const string Self = "warm-up";
    static readonly string Nobodys = new('0', 64); // the fingerprint of no certificate

    public async Task WarmUp(CancellationToken cancellation)
    {
        await ask.Ask<DescribeCertificate, CertificateDescription>(new() { CertificateId = Nobodys }, cancellation);
        await ask.Ask<RevokeCertificate, RevocationRecorded>(new() { CertificateId = "", Reason = RevocationReason.Unspecified, RequestedBy = Self }, cancellation);
        await ask.Ask<ChangeCertificateStatus, CertificateDescription>(new() { CertificateId = Nobodys, Status = CertificateStatus.Revoked, RequestedBy = Self }, cancellation);
    }
}
