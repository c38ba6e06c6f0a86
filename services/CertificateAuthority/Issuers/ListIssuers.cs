using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using MassTransit;
using Query = FleetPlatform.Contracts.CertificateAuthority.ListIssuers;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>The platform's own authorities, roots and requests included.</summary>
static class ListIssuers
{
    public static IssuerDescription Describe(string id, Issuer issuer, IssuerRing ring)
    {
        var der = issuer.Created?.Certificate ?? issuer.Installed?.Certificate;
        var text = der is null ? null : CertificateText.Read(der);
        var handle = issuer.Created?.KeyFile ?? issuer.Requested!.KeyFile;
        return new()
        {
            IssuerId = id,
            State = der is null ? "REQUESTED" : issuer.Created is { ParentId: null } ? "ROOT" : ring.ProfilesOf(id).Count > 0 ? "SIGNING" : "STANDBY",
            Profiles = issuer.CanSign ? ring.ProfilesOf(id) : [],
            Subject = text?.Subject.ToString(),
            CertificateId = der is null ? null : CertificateId.Of(der),
            CertificatePem = der is null ? null : Pem.WriteCertificate(der),
            ChainPem = ring.Find(id) is { } open ? [.. open.Chain.Select(above => Pem.WriteCertificate(above))] : [],
            SigningRequestPem = issuer.Requested?.SigningRequest,
            KeyStore = issuer.Created is { ParentId: null } ? "offline" : TokenIssuerKey.IsUri(handle) ? handle : "file",
            KeyAlgorithm = text is null ? null : $"{text.KeyAlgorithm}{(text.KeyAlgorithm == PublicKeyAlgorithm.Rsa ? $" {text.KeyBits}" : "")}",
            PathLength = text?.PathLength,
            NotBefore = text?.NotBefore,
            NotAfter = text?.NotAfter,
        };
    }
}

sealed class ListIssuersConsumer(EventStore store, IssuerRing ring) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context) => await context.RespondAsync(new IssuersListed
    {
        Items = [.. (await OpenIssuers.ReadAll(store, context.CancellationToken)).Select(issuer => ListIssuers.Describe(issuer.Id, issuer.Issuer, ring))],
    });
}
