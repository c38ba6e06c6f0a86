using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>The certificate of a flow, from the authority that signed it.</summary>
sealed class IssuedCertificates(IAsk ask)
{
    /// <returns>PEM; null when the authority did not answer or has signed no such certificate.</returns>
    public async Task<string?> Find(string certificateId, CancellationToken cancellation)
    {
        try
        {
            return (await ask.Ask<FindIssuedCertificate, IssuedCertificateFound>(new() { CertificateId = certificateId }, cancellation)).Value?.CertificatePem;
        }
        catch (RequestUnavailableException)
        {
            return null;
        }
    }
}
