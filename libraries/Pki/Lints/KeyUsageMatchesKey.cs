using System.Security.Cryptography.X509Certificates;

namespace FleetPlatform.Pki;

/// <summary>A key is used for what its kind and its profile allow.</summary>
sealed class KeyUsageMatchesKey : ILint
{
    public string Citation => "RFC 5280 §4.2.1.3";

    public string? Check(LintSubject subject) =>
        subject.Certificate switch
        {
            { KeyUsage: null } => "keyUsage is missing.",
            var c when !c.Extensions[Oids.KeyUsage] => "keyUsage is not critical.",
            { KeyUsage: var usage } when (usage & Signing) != X509KeyUsageFlags.None != subject.Profile.IsAuthority => "Only an authority signs certificates and lists.",
            { KeyAlgorithm: not PublicKeyAlgorithm.Rsa, KeyUsage: var usage } when usage.Value.HasFlag(X509KeyUsageFlags.KeyEncipherment) =>
                "keyEncipherment needs an RSA key (RFC 8813 §3).",
            _ => null,
        };

    const X509KeyUsageFlags Signing = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;
}
