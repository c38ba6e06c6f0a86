using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.InstallIssuer;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Installs the certificate that a root elsewhere has signed for a requested authority. It signs nothing before it is given work.</summary>
static class InstallIssuer
{
    const int MaximumChain = 4;

    /// <param name="roots">Roots that the platform trusts already, in DER.</param>
    public static Decision<IssuerEvent> Decide(Command command, Issuer state, IReadOnlyList<byte[]> roots, DateTimeOffset now)
    {
        if (state.Requested is not { } requested) return new Refusal(Reasons.NotFound.Code, $"No authority {command.IssuerId} was requested.");
        byte[] der;
        var chain = new List<byte[]>();
        try
        {
            der = Pem.ReadCertificate(command.CertificatePem);
            foreach (var pem in command.ChainPem) chain.Add(Pem.ReadCertificate(pem));
            if (chain.Count > MaximumChain) return Invalid($"At most {MaximumChain} authorities stand above.");
            if (FindFault(CertificateText.Read(der), requested, now) is { } fault) return Invalid(fault);
            if (Complete(CertificateText.Read(der), chain, roots, now) is { } broken) return Invalid(broken);
        }
        catch (PkiException wrong)
        {
            return Invalid(wrong.Message);
        }

        if (state.Installed is { } installed)
            return installed.CertificateId == CertificateId.Of(der)
                ? Decision<IssuerEvent>.Nothing
                : new Refusal(Reasons.AlreadyExists.Code, $"{command.IssuerId} has another certificate already.");
        return new IssuerInstalled(CertificateId.Of(der), der, chain, command.RequestedBy, now);
    }

    static string? FindFault(CertificateText certificate, IssuerRequested requested, DateTimeOffset now) =>
        !certificate.SubjectPublicKeyInfo.Span.SequenceEqual(requested.SubjectPublicKeyInfo) ? "The certificate is for another key than the one that was requested."
        : certificate.SubjectKeyIdentifier is null ? "The authority's certificate has no subject key identifier (RFC 5280 §4.2.1.2)."
        : certificate.KeyUsage is { } usage && !usage.HasFlag(System.Security.Cryptography.X509Certificates.X509KeyUsageFlags.CrlSign)
            ? "The authority's key may not sign revocation lists: keyUsage lacks cRLSign."
        : CertificatePath.FindAuthorityFault(certificate, now);

    // From the certificate up to a root: one that was sent, or one that is trusted already.
    static string? Complete(CertificateText certificate, List<byte[]> chain, IReadOnlyList<byte[]> roots, DateTimeOffset now)
    {
        if (chain.Count == 0 || !IsRoot(CertificateText.Read(chain[^1])))
        {
            var last = chain.Count == 0 ? certificate : CertificateText.Read(chain[^1]);
            if (roots.FirstOrDefault(root => CertificateText.Read(root).Subject.Attributes.SequenceEqual(last.Issuer.Attributes)) is not { } known)
                return "The root above it is not known here. Send the chain up to the root.";
            chain.Add(known);
        }

        var anchor = TrustAnchor.Read(chain[^1]);
        using var key = anchor.Key;
        return CertificatePath.Find(certificate, [.. chain.SkipLast(1).Select(der => CertificateText.Read(der))], _ => [anchor], now, out _);
    }

    static bool IsRoot(CertificateText certificate) => certificate.Subject.Attributes.SequenceEqual(certificate.Issuer.Attributes);

    static Refusal Invalid(string detail) => new(Reasons.CertificateInvalid.Code, detail);
}

sealed class InstallIssuerConsumer(EventStore store, IssuerRing ring, OpenIssuers open, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        if (Issuer.NumberOf(command.IssuerId) == 0)
        {
            await context.RespondAsync(Reasons.NotFound.ToRefused($"No authority {command.IssuerId} was requested."));
            return;
        }

        byte[][] roots = [.. ring.All.Select(issuer => issuer.Chain[^1])];
        var written = await store.WriteToAggregate<Issuer, IssuerEvent>(Issuer.StreamOf(command.IssuerId),
            state => InstallIssuer.Decide(command, state, roots, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, context.CancellationToken);
        if (written.Refusal is { } refusal)
        {
            await context.RespondAsync(refusal.ToRefused());
            return;
        }

        await open.Reopen(context.CancellationToken);
        await context.RespondAsync(ListIssuers.Describe(command.IssuerId, written.State, ring));
    }
}
