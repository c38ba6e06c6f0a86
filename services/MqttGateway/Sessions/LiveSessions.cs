using FleetPlatform.Contracts;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>Who is connected with which certificate, and what happens to them when it changes.</summary>
sealed class LiveSessions(
    Principals principals, SessionRecords records, IServiceProvider services, TimeProvider clock, GatewayMetrics metrics, ILogger<LiveSessions> log)
{
    const int MaximumTries = 4;

    readonly Dictionary<string, HashSet<MqttClient>> _clients = new(StringComparer.Ordinal);
    readonly Lock _gate = new();

    // The broker is made with the policy, which needs this: it is found when first used.
    MqttBroker Broker => field ??= services.GetRequiredService<MqttBroker>();

    /// <summary>Told of certificates whose look-up failed, to try again later.</summary>
    public Action<string> RecheckLater { get; set; } = static _ => { };

    public IReadOnlyList<string> Certificates
    {
        get
        {
            lock (_gate) return [.. _clients.Keys];
        }
    }

    public void Add(MqttClient client, DeviceConnection connection)
    {
        if (connection.Certificate is null) return;
        lock (_gate)
        {
            if (!_clients.TryGetValue(connection.PrincipalId, out var clients)) _clients[connection.PrincipalId] = clients = [];
            clients.Add(client);
        }

        // Something changed between the look-up and now: whoever changed it did not find this connection yet.
        if (connection.DecidedAt != principals.Changes) _ = RecheckOrLater(connection.PrincipalId, CancellationToken.None);
    }

    public void Remove(MqttClient client, DeviceConnection connection)
    {
        lock (_gate)
        {
            if (!_clients.TryGetValue(connection.PrincipalId, out var clients)) return;
            clients.Remove(client);
            if (clients.Count == 0) _clients.Remove(connection.PrincipalId);
        }
    }

    /// <summary>Whether a client id may go over from one certificate to another (peers 3.2 case 22).</summary>
    /// <param name="clientId">The id both use.</param>
    /// <param name="former">Certificate id that holds it.</param>
    /// <param name="candidate">Who wants it.</param>
    /// <returns>The answer, and whether a live connection holds the id.</returns>
    public (bool May, bool IsLive) MayHandOver(string clientId, string former, Principal candidate)
    {
        // A device that has just been given its own certificate comes back under the client id of its claim, often before the claim's
        // connection is noticed to be gone. Only the connection that was given the certificate hands over to it.
        if (Broker.Find(clientId) is not { State: DeviceConnection holder } || holder.PrincipalId != former) return (false, false);
        return (holder.HasGiven(candidate.CertificateId) ||
            (holder.Rights.Context.ThingName is { } thing && candidate.ThingOf(clientId)?.ThingName == thing), true);
    }

    /// <summary>Looks a certificate up again, now or when the registry answers again.</summary>
    public async Task RecheckOrLater(string certificateId, CancellationToken cancellation)
    {
        if (!await Recheck(certificateId, cancellation)) RecheckLater(certificateId);
    }

    /// <summary>Looks a certificate up again and applies what is found to its live connections.</summary>
    /// <returns>False when the registry did not answer, and the connections stay as they are, or when rights change faster than they can be applied.</returns>
    public async Task<bool> Recheck(string certificateId, CancellationToken cancellation)
    {
        try
        {
            for (var tries = 1; tries <= MaximumTries; tries++)
            {
                var clients = ClientsOf(certificateId);
                if (clients.Count == 0) return true;
                var changes = principals.Changes;
                var principal = await principals.Find(certificateId, cancellation);
                Apply(certificateId, clients, principal);
                // Of two rechecks the one that looked before a change may come to apply after the one that looked behind it.
                if (principal is null || !principals.HasChanged(principal.Grant, changes)) return true;
            }

            return false;
        }
        catch (RequestUnavailableException failure)
        {
            Log.RecheckFailed(log, certificateId, failure.Message);
            return false;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return true; // stopping
        }
        catch (Exception failure) // nobody awaits a recheck that began with a connection
        {
            Log.RecheckFailed(log, certificateId, failure.ToString());
            return false;
        }
    }

    /// <summary>The certificates of live connections that a policy applies to, whether or not the certificate is remembered.</summary>
    public IReadOnlyList<string> CertificatesUnder(string policyName)
    {
        lock (_gate)
            return [.. _clients.Where(live => live.Value.Any(client => client.State is DeviceConnection { Rights.Grant.Policies: var policies }
                && policies.Any(policy => policy.PolicyName == policyName))).Select(live => live.Key)];
    }

    /// <summary>How many connections these certificates have.</summary>
    public int CountOf(IEnumerable<string> certificateIds) => certificateIds.Sum(id => ClientsOf(id).Count);

    /// <summary>Ends everything certificates have here: connections, wills, sessions, queued messages.</summary>
    /// <returns>Connections closed, in the order of the certificates.</returns>
    public IReadOnlyList<int> Drop(IReadOnlyList<(string CertificateId, Refused Why)> certificates)
    {
        var closed = new int[certificates.Count];
        for (var i = 0; i < closed.Length; i++)
        {
            var clients = ClientsOf(certificates[i].CertificateId);
            foreach (var client in clients) Close(client, certificates[i].Why);
            closed[i] = clients.Count;
        }

        if (closed.Length > 0) Broker.DropStoredSessions(certificates.Select(certificate => certificate.CertificateId).ToHashSet(StringComparer.Ordinal));
        return closed;
    }

    /// <summary>Ends connections whose certificate or temporary claim has run out meanwhile.</summary>
    public async Task CloseExpired(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        foreach (var certificateId in Certificates)
        {
            var clients = ClientsOf(certificateId);
            if (clients.Count == 0 || clients[0].State is not DeviceConnection { Certificate: { } certificate }) continue;
            if (certificate.FindFault(now) is { } outdated)
            {
                foreach (var client in clients.Where(client => client.State is not DeviceConnection { Rights.Bounds: { } bounds } || now >= bounds.Until)) Close(client, outdated);
                continue;
            }

            // Only what is remembered is asked: no question goes out for an idle fleet.
            if (principals.Remembers(certificateId)) await CloseAtEndOfClaim(certificateId, clients, now, cancellation);
        }
    }

    async Task CloseAtEndOfClaim(string certificateId, IReadOnlyList<MqttClient> clients, DateTimeOffset now, CancellationToken cancellation)
    {
        try
        {
            if (await principals.Find(certificateId, cancellation) is { Grant.ExpiresAt: { } end } && now >= end)
                foreach (var client in clients) Close(client, Reasons.CertificateExpired.ToRefused($"The temporary claim ended at {end:u}."));
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Log.RecheckFailed(log, certificateId, failure.Message); // it has just been forgotten, and the registry is away: the next sweep asks again, and the others are not to wait for it
        }
    }

    void Apply(string certificateId, IReadOnlyList<MqttClient> clients, Principal? principal)
    {
        var fault = principal is null ? Reasons.UnknownCertificate.ToRefused("The certificate is not registered any more.") : principal.FindFault(clock.GetUtcNow());
        if (fault is not null)
        {
            Drop([(certificateId, fault)]);
            return;
        }

        foreach (var client in clients)
        {
            if (client.State is not DeviceConnection connection) continue;
            var rights = connection.Rights.With(principal!);
            if (rights.Allow(PolicyAction.Connect, connection.ClientId)) connection.Rights = rights;
            else Close(client, Reasons.AccessDenied.ToRefused("The certificate's policies do not allow the connection any more."));
        }
    }

    void Close(MqttClient client, Refused why)
    {
        if (client.State is not DeviceConnection connection) return;
        client.Close(ReasonCode.AdministrativeAction, suppressWill: true, dropSession: true);
        metrics.ClosedByPlatform(why.Code);
        Log.ConnectionClosed(log, connection.SessionId, connection.PrincipalId, why.Code);
        records.Closed(connection, why);
    }

    /// <summary>The live connections of a certificate.</summary>
    public IReadOnlyList<MqttClient> ClientsOf(string certificateId)
    {
        lock (_gate) return _clients.TryGetValue(certificateId, out var clients) ? [.. clients] : [];
    }
}
