using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.IssueServerCertificate;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>The certificate of one of the platform's own TLS listeners.</summary>
sealed class IssueServerCertificate(SignPrepared sign, IssuerRing ring, Profiles profiles, Metrics metrics, TimeProvider clock)
{
    const int MaximumNames = 32;
    const string Listener = "listener";

    /// <summary>What is wrong with the names asked for, or null.</summary>
    public static Refusal? Check(IReadOnlyList<string> names)
    {
        if (names.Count is 0 or > MaximumNames) return Invalid($"A server certificate has 1 to {MaximumNames} names.");
        foreach (var name in names)
            if (name.Length > 253 || Uri.CheckHostName(name) == UriHostNameType.Unknown)
                return Invalid("A name is neither a DNS name nor an IP address.");
        return null;

        static Refusal Invalid(string detail) => new(Reasons.InvalidRequest.Code, detail);
    }

    /// <returns>The certificate's DER and who signed it, or why not.</returns>
    public async Task<(byte[]? Der, ActiveIssuer? Issuer, Refusal? Refusal)> Handle(Command command, CancellationToken cancellation)
    {
        if (Check(command.Names) is { } refusal) return (null, null, refusal);
        var began = clock.GetTimestamp();
        SigningRequest request;
        try
        {
            request = SigningRequest.Read(command.CertificateSigningRequest);
        }
        catch (PkiException wrong)
        {
            return (null, null, new(wrong.Code, wrong.Message));
        }

        var issuer = ring.For(profiles.Server.Name);
        var subject = request.Subject.IsEmpty ? SubjectName.OfCommonName("FleetPlatform Server") : request.Subject;
        var prepared = issuer.Signer.Prepare(profiles.Server, subject, request.SubjectPublicKeyInfo, command.Names, clock.GetUtcNow());
        var signed = await sign.Handle(issuer, profiles.Server.Name, prepared, Asker.Own(Listener), KeyOrigin.Requester, began, cancellation);
        metrics.Issued(profiles.Server.Name, clock.GetElapsedTime(began));
        return (signed.Certificate, issuer, null);
    }
}

sealed class IssueServerCertificateConsumer(IssueServerCertificate issue) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var (der, issuer, refusal) = await issue.Handle(context.Message, context.CancellationToken);
        if (refusal is not null) await context.RespondAsync(Reasons.Of(refusal.Code).ToRefused(refusal.Detail));
        else await context.RespondAsync(new ServerCertificateIssued
        {
            CertificatePem = Pem.WriteCertificate(der),
            ChainPem = issuer!.ServerChainPem,
            RootPem = issuer.RootPem,
        });
    }
}
