using FleetPlatform.Contracts;
using FleetPlatform.Contracts.MqttGateway;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>Tells every gateway that a pending certificate has connected; see <see cref="PendingCertificateConnected"/>.</summary>
delegate Task Announce(PendingCertificateConnected message);

/// <summary>How the question whether a certificate may come in by itself was answered.</summary>
/// <param name="Principal">Set when the connection goes on.</param>
/// <param name="Refused">Why it does not.</param>
/// <param name="Silently">Close as AWS does, without CONNACK.</param>
readonly record struct Admission(Principal? Principal, Refused? Refused, bool Silently = false)
{
    public static Admission Close(Reason reason, string detail) => new(null, reason.ToRefused(detail), Silently: true);
}

/// <summary>
/// A certificate that the registry does not know, or knows as pending, has sent CONNECT (aws-protocol 5.2, 5.3). Signed under a registered
/// authority it is recorded; if the authority carries a template, its device is provisioned; and then, as on AWS, the connection ends, unless the authority
/// says that the first connection goes on.
/// </summary>
sealed class AdmitCertificate(
    TrustedAuthorities authorities, Principals principals, IBatcher<Contracts.ThingRegistry.AdmitCertificate, AdmitCertificateAnswer> registry,
    IBatcher<ProvisionCertificate, ProvisionThingAnswer> engine, Announce announce, GatewayOptions options, TimeProvider clock,
    GatewayMetrics metrics, ILogger<AdmitCertificate> log)
{
    readonly RateLimit _registrations = new(options.RegistrationsPerSecondPerAuthority, options.RegistrationBurstPerAuthority, clock);
    readonly RateLimit _announcements = new(1, 3, clock);

    /// <param name="attempt">The connection.</param>
    /// <param name="certificate">Its certificate: readable, for clients, within its dates.</param>
    /// <param name="known">What the registry knows: nothing, or a pending certificate.</param>
    /// <returns>Null: nobody would vouch for it, it is simply unknown.</returns>
    /// <exception cref="RequestUnavailableException">A part of the platform did not answer in time.</exception>
    public async ValueTask<Admission?> Handle(ConnectAttempt attempt, ClientCertificate certificate, Principal? known, CancellationToken cancellation)
    {
        var set = await authorities.Current(cancellation);
        if (set.IsEmpty) return null;

        TrustedAuthority? authority;
        if (known is null)
        {
            (authority, var fault) = FindAuthority(set, certificate, attempt.PresentedCertificates);
            if (authority is null) return fault is null ? null : new(null, Reasons.UnknownCertificate.ToRefused(fault));
            if (!authority.Terms.AutoRegistration)
                return new(null, Reasons.UnknownCertificate.ToRefused("No certificate with this fingerprint is registered, and its CA does not register by itself."));
        }
        else
        {
            // Its CA may have been deactivated or deleted since: then the certificate waits for an operator.
            authority = known.Grant.CaCertificateId is { } id ? set.Find(id) : null;
            if (authority is not { Terms.AutoRegistration: true }) return null;
        }

        if (!_registrations.TryTake(authority.Anchor.Id))
            return new(null, Reasons.TooManyRequests.ToRefused("Too many new certificates of this CA in this second."));
        return await Register(attempt, certificate, known, authority, cancellation);
    }

    (TrustedAuthority? Authority, string? Fault) FindAuthority(AuthoritySet set, ClientCertificate certificate, IReadOnlyList<ReadOnlyMemory<byte>> presented)
    {
        var leaf = CertificateText.Read(certificate.Der); // it was read before: this cannot fail
        var intermediates = new List<CertificateText>(presented.Count);
        foreach (var der in presented)
        {
            try
            {
                intermediates.Add(CertificateText.Read(der));
            }
            catch (PkiException)
            {
                // Not a certificate: the way, if there is one, leads past it.
            }
        }

        // Nearly every stranger ends here, before any arithmetic.
        if (intermediates.Count == 0 && set.OfSubject(leaf.Issuer).Count == 0) return (null, null);
        metrics.PathChecked();
        var fault = CertificatePath.Find(leaf, intermediates, set.OfSubject, clock.GetUtcNow(), out var anchor);
        if (fault is not null) return (null, fault);
        return KeyPolicy.FindFault(PublicKey.Read(leaf.SubjectPublicKeyInfo.Span)) is { } weakness ? (null, weakness) : (set.Find(anchor!.Id), null);
    }

    async Task<Admission?> Register(
        ConnectAttempt attempt, ClientCertificate certificate, Principal? known, TrustedAuthority authority, CancellationToken cancellation)
    {
        var principal = known;
        if (principal is null)
        {
            var askedAt = principals.Changes;
            var answer = await registry.Ask(new()
            {
                Certificate = certificate.Der.ToArray(),
                CaCertificateId = authority.Anchor.Id,
                Mode = authority.Terms.Mode,
                TraceParent = System.Diagnostics.Activity.Current?.Id,
            }, cancellation);
            if (answer.Refused is { } refused) return new(null, refused, Silently: true);
            if (answer.Grant is not { } grant) return Admission.Close(Reasons.Unavailable, "The certificate vanished while it was recorded.");
            principal = principals.LearnAny(grant, FirstConnection.Perhaps, askedAt);
            metrics.Registered();
            Log.CertificateRegistered(log, certificate.Id, authority.Anchor.Id);
        }

        if (principal.Grant.Status != CertificateStatus.PendingActivation) return new(principal, null); // somebody was faster
        await AnnounceOnce(certificate.Id, authority.Anchor.Id);
        return authority.HasTemplate
            ? await Provision(attempt, certificate, authority, cancellation)
            : Admission.Close(Reasons.CertificatePending, "The certificate is registered and pending activation.");
    }

    async Task<Admission> Provision(ConnectAttempt attempt, ClientCertificate certificate, TrustedAuthority authority, CancellationToken cancellation)
    {
        var askedAt = principals.Changes;
        var answer = await engine.Ask(new()
        {
            Flow = new FlowContext
            {
                FlowId = Guid.CreateVersion7().ToString("N"), SessionId = attempt.SessionId, PrincipalId = certificate.Id, ClientId = attempt.ClientId,
            }.Traced(),
            Certificate = certificate.Der.ToArray(),
            CaCertificateId = authority.Anchor.Id,
            TemplateName = authority.Terms.Config!.TemplateName,
            TemplateBody = authority.Terms.Config.TemplateBody,
        }, cancellation);
        if (answer.Refused is { } refused) return new(null, refused, Silently: true);
        if (answer.Grant is not { } grant) return Admission.Close(Reasons.CertificatePending, "The template did not make the certificate active.");

        var principal = principals.LearnAny(grant, FirstConnection.Expected, askedAt);
        return authority.Terms.AdmitsAtFirstConnection
            ? new(principal, null)
            : Admission.Close(Reasons.CertificateProvisioned, "The device is provisioned; this connection ends, the next one is let in.");
    }

    // Each connection of a pending certificate is told (aws-protocol 5.2), but a device that reconnects in a loop is not worth a message each time.
    async Task AnnounceOnce(string certificateId, string caCertificateId)
    {
        if (_announcements.TryTake(certificateId))
            await announce(new() { CertificateId = certificateId, CaCertificateId = caCertificateId, ConnectedAt = clock.GetUtcNow() });
    }
}
