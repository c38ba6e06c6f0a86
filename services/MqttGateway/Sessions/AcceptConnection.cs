using FleetPlatform.Contracts;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>May this peer connect? Cheapest questions first: a peer that is refused must cost less than one that is not.</summary>
sealed class AcceptConnection(
    Principals principals, UntrustedCertificates untrusted, AdmitCertificate admit, LiveSessions live, SessionRecords records, RenewalGraces graces, GatewayOptions options, Arn arn, TimeProvider clock,
    GatewayMetrics metrics, ILogger<AcceptConnection> log)
{
    readonly RateLimit _connects = new(options.ConnectsPerSecondPerPrincipal, options.ConnectBurstPerPrincipal, clock);
    readonly RateLimit _unknown = new(options.UnknownCertificatesPerSecond, options.UnknownCertificateBurst, clock);

    // The plain listener is for conformance suites on this machine: it may do what a suite does, and never reaches the reserved topics.
    static readonly CompiledPolicySet PlainPolicies = new(PolicyDocument.Compile(
        """{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"""));

    static readonly Principal Plain = new()
    {
        Grant = new() { CertificateId = "", Status = CertificateStatus.Active, Version = 0, Policies = [], Things = [] },
        Policies = PlainPolicies,
    };

    public async ValueTask<ConnectVerdict> Handle(ConnectAttempt attempt, CancellationToken cancellation)
    {
        if (attempt.Tls is { } tls) metrics.Handshake(tls.HandshakeDuration);
        var (verdict, refused, silently) = attempt.Tls is null ? Admit(attempt, null, Plain, principals.Changes) : await Identify(attempt, cancellation);
        if (refused is null)
        {
            metrics.Connected(verdict!.State is DeviceConnection { Rights.Bounds: not null } ? "renew-only" : "accepted");
            return verdict!;
        }

        metrics.Connected(refused.Code);
        Log.ConnectionRefused(log, attempt.SessionId, refused.Code, refused.Detail);
        var certificateId = attempt.ClientCertificate.IsEmpty ? "" : Pki.CertificateId.Of(attempt.ClientCertificate.Span);
        records.Refused(attempt.SessionId, attempt.ClientId, certificateId, DeviceConnection.AddressOf(attempt.RemoteEndPoint), refused);
        return ConnectVerdict.Refuse(ReasonCodeOf(refused.Code), closeWithoutConnAck: silently);
    }

    async ValueTask<Outcome> Identify(ConnectAttempt attempt, CancellationToken cancellation)
    {
        if (FindFault(attempt) is { } fault) return new(fault);
        var (certificate, unusable) = ClientCertificate.Read(attempt.ClientCertificate);
        if (certificate is null) return new(unusable!);
        var outdated = certificate.FindFault(clock.GetUtcNow());
        if (outdated is not null && !graces.AreThinkable(certificate)) return new(outdated);
        if (!untrusted.IsCurrent) return new(Reasons.Unavailable.ToRefused("This gateway does not know yet what was revoked while it was away."));
        if (!_connects.TryTake(certificate.Id)) return new(Reasons.TooManyRequests.ToRefused("Too many connections with this certificate in this second."));

        var address = DeviceConnection.AddressOf(attempt.RemoteEndPoint);
        if (!principals.Remembers(certificate.Id) && !_unknown.HasAny(address))
            return new(Reasons.TooManyRequests.ToRefused("Too many unknown certificates came from this address."));

        var decidedAt = principals.Changes;
        try
        {
            var principal = await principals.Find(certificate.Id, cancellation);
            if (outdated is not null && principal is not null) return await Renew(attempt, certificate, principal, outdated, decidedAt, cancellation);
            if (outdated is null && principal is null or { Grant: { Status: CertificateStatus.PendingActivation, CaCertificateId: not null } }
                && await admit.Handle(attempt, certificate, principal, cancellation) is { } admission)
            {
                if (admission.Refused is { } kept)
                {
                    if (principal is null && !admission.Silently) _unknown.TryTake(address);
                    return new(kept, admission.Silently);
                }

                principal = admission.Principal;
            }

            if (principal is not null)
                return principal.FindFault(clock.GetUtcNow()) is { } inactive ? new(inactive) : Admit(attempt, certificate, principal, decidedAt);
        }
        catch (RequestUnavailableException)
        {
            return new(Reasons.Unavailable.ToRefused("A part of the platform did not answer; the certificate could not be looked up."));
        }

        _unknown.TryTake(address);
        return new(outdated ?? Reasons.UnknownCertificate.ToRefused("No certificate with this fingerprint is registered."));
    }

    // Its certificate has expired. What has a thing and was good until then may have a grace, if a policy gives one.
    async Task<Outcome> Renew(
        ConnectAttempt attempt, ClientCertificate certificate, Principal principal, Refused outdated, long decidedAt, CancellationToken cancellation)
    {
        if (principal.FindFault(clock.GetUtcNow()) is { } inactive) return new(inactive);
        if (principal.Grant.Things is not [var only]) return new(outdated);
        var (bounds, refused) = await graces.Find(certificate, only.ThingName, cancellation);
        return bounds is null ? new(refused!) : Admit(attempt, certificate, principal, decidedAt, bounds);
    }

    Outcome Admit(ConnectAttempt attempt, ClientCertificate? certificate, Principal principal, long decidedAt, RenewOnly? bounds = null)
    {
        if (FindFault(attempt) is { } fault) return new(fault);
        if (certificate is not null && FindNameFault(attempt, principal) is { } nameless) return new(nameless);
        var rights = Rights.Of(principal, attempt, certificate, arn) with { Bounds = bounds };
        if (FindDenial(attempt, rights) is { } denied) return new(denied);

        var connection = new DeviceConnection(attempt, certificate, rights)
        {
            ConnectedAt = clock.GetUtcNow(),
            DecidedAt = decidedAt,

            // A claim serves many devices and has no thing: its connections begin nobody's life.
            FirstConnection = principal is { FirstConnection: FirstConnection.Perhaps, Grant.Things.Count: 0 } ? FirstConnection.Known : principal.FirstConnection,
            Requests = new RequestLine(options.OutstandingRequests, options.OutstandingRejections),
        };
        var verdict = ConnectVerdict.Accept(connection) with
        {
            Principal = certificate?.Id ?? "",
            MayTakeOverFrom = former => MayTakeOver(connection, former, principal),
        };
        return new(verdict);
    }

    // AWS finds the account by the name; here it is a rule for those who want their devices to be ready for AWS.
    Refused? FindNameFault(ConnectAttempt attempt, Principal principal) =>
        principal.Grant.Mode == CertificateMode.SniOnly && options.SniOnlyNeedsServerName
            && !options.Names.Contains(attempt.Tls!.ServerName, StringComparer.OrdinalIgnoreCase)
            ? Reasons.ServerNameMissing.ToRefused("A certificate in mode SNI_ONLY connects with the endpoint's name in TLS (SNI).")
            : null;

    /// <summary>How the question ended: one of the two.</summary>
    readonly record struct Outcome(ConnectVerdict? Verdict, Refused? Refused, bool Silently)
    {
        public Outcome(ConnectVerdict verdict) : this(verdict, null, false) { }

        public Outcome(Refused refused, bool silently = false) : this(null, refused, silently) { }
    }

    bool MayTakeOver(DeviceConnection connection, string former, Principal principal)
    {
        if (connection.Certificate is null) return false;
        var (may, isLive) = live.MayHandOver(connection.ClientId, former, principal);
        may &= connection.Rights.Bounds is null; // an expired pair ends nobody's connection
        if (!may && isLive) // otherwise only a stored session is at stake, and the connection goes on without it
            records.Refused(connection, "connect", null, Reasons.AccessDenied.ToRefused("The client id is in use by a connection with another certificate."));
        return may;
    }

    // The rest of a CONNECT the broker has checked: it tells RecordFault.
    static Refused? FindFault(ConnectAttempt attempt) => attempt.Connect.Will is { } will && ReservedTopics.IsReserved(will.Topic)
        ? Reasons.ReservedTopic.ToRefused("A will cannot go to a topic that begins with '$'.")
        : null;

    static Refused? FindDenial(ConnectAttempt attempt, Rights rights)
    {
        if (!rights.Allow(PolicyAction.Connect, attempt.ClientId))
            return Reasons.AccessDenied.ToRefused($"No policy of the certificate allows iot:Connect on client/{attempt.ClientId}.");
        if (attempt.Connect.Will is not { } will) return null;
        if (!rights.Allow(PolicyAction.Publish, will.Topic) || (will.Retain && !rights.Allow(PolicyAction.RetainPublish, will.Topic)))
            return rights.Denial("publish its will");
        return null;
    }

    static ReasonCode ReasonCodeOf(string code) => code switch
    {
        "unavailable" => ReasonCode.ServerUnavailable,
        "too-many-requests" => ReasonCode.ConnectionRateExceeded,
        "reserved-topic" => ReasonCode.TopicNameInvalid,
        _ => ReasonCode.NotAuthorized,
    };
}
