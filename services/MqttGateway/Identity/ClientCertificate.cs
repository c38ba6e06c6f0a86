using FleetPlatform.Contracts;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>The certificate a client has proved to own. Its name is the hash of its bytes; nothing written inside it is believed.</summary>
sealed record ClientCertificate
{
    /// <summary>SHA-256 of the DER, 64 lower-case hex digits (peers 3.2 case 9).</summary>
    public required string Id { get; init; }

    public required ReadOnlyMemory<byte> Der { get; init; }

    /// <summary>Its public key in DER.</summary>
    public required ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; init; }

    /// <summary>SHA-256 of its SubjectPublicKeyInfo.</summary>
    public byte[] KeyHash => System.Security.Cryptography.SHA256.HashData(SubjectPublicKeyInfo.Span);

    public required DateTimeOffset NotBefore { get; init; }
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Reads what TLS delivered.</summary>
    /// <returns>The certificate, or why it can never be a client's.</returns>
    public static (ClientCertificate? Certificate, Refused? Refused) Read(ReadOnlyMemory<byte> der)
    {
        CertificateText text;
        try
        {
            text = CertificateText.Read(der);
        }
        catch (PkiException wrong)
        {
            return (null, Reasons.CertificateInvalid.ToRefused(wrong.Message));
        }

        // Peers 3.2 case 8: a server's or an authority's certificate is not a device, whoever registered it.
        if (text.IsAuthority) return (null, Reasons.CertificateUsage.ToRefused("The certificate is an authority's."));
        if (!text.AllowsClientAuthentication) return (null, Reasons.CertificateUsage.ToRefused("The certificate's key usage or extended key usage excludes client authentication."));
        return (new() { Id = CertificateId.Of(der.Span), Der = der, SubjectPublicKeyInfo = text.SubjectPublicKeyInfo, NotBefore = text.NotBefore, NotAfter = text.NotAfter }, null);
    }

    /// <summary>Whether its dates let it in now.</summary>
    public Refused? FindFault(DateTimeOffset now) =>
        now < NotBefore ? Reasons.CertificateNotYetValid.ToRefused($"The certificate is valid from {NotBefore:u}; here it is {now:u}.")
        : now > NotAfter ? Reasons.CertificateExpired.ToRefused($"The certificate expired at {NotAfter:u}; here it is {now:u}.")
        : null;
}
