using Microsoft.Extensions.Logging;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// Forgets certificates that nobody claimed in time, and temporary claims that are over. A certificate that an operator has attached to
/// something meanwhile stays: somebody wants it. So does one of a registered authority: it comes back with every connection.
/// </summary>
static class ExpirePrincipals
{
    public static Decision<PrincipalEvent> Decide(Principal principal, TimeSpan pendingLifetime, DateTimeOffset now) => principal switch
    {
        { Status: PrincipalStatus.PendingActivation, Things.Count: 0, Policies.Count: 0, CaCertificateId: null } when now - principal.CreatedAt >= pendingLifetime =>
            new PrincipalExpired(principal.Status, now),
        { Exists: true, ClaimForTemplate: not null } when principal.ExpiresAt <= now => new PrincipalExpired(principal.Status, now),
        _ => Decision<PrincipalEvent>.Nothing,
    };

    /// <summary>Expires what is due, at most one batch.</summary>
    /// <returns>How many were expired, and whether there were as many as the batch holds.</returns>
    public static async Task<(int Expired, bool More)> Handle(Registry registry, ThingRegistryOptions options, CancellationToken cancellation)
    {
        var due = await FindDue(registry, options, cancellation);
        var written = await Task.WhenAll(due.Select(id => registry.WritePrincipal(id, "expiry",
            principal => Decide(principal, options.PendingLifetime, registry.Now), cancellation)));
        var expired = written.Count(result => result.Decision.Events.Count > 0);
        return (expired, expired == options.ExpiryBatch);
    }

    static async Task<List<string>> FindDue(Registry registry, ThingRegistryOptions options, CancellationToken cancellation)
    {
        await using var command = registry.Database.CreateCommand("""
            (select certificate_id from fleet_principals p where status = 'PendingActivation' and created_at <= $1 and ca_certificate_id is null
                and not exists (select from fleet_attachments a where a.certificate_id = p.certificate_id)
                and not exists (select from fleet_principal_policies a where a.certificate_id = p.certificate_id) order by created_at limit $3)
            union all
            (select certificate_id from fleet_principals where expires_at <= $2 order by expires_at limit $3)
            limit $3
            """);
        command.Parameters.Add(new() { Value = (registry.Now - options.PendingLifetime).ToUniversalTime() });
        command.Parameters.Add(new() { Value = registry.Now.ToUniversalTime() });
        command.Parameters.Add(new() { Value = options.ExpiryBatch });

        var ids = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) ids.Add(reader.GetString(0));
        return ids;
    }
}

/// <summary>The only timer of this service. Replicas may run it side by side: a decision made twice records once.</summary>
sealed class ExpiryClock(Registry registry, ThingRegistryOptions options, TimeProvider clock, ILogger<ExpiryClock> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ExpiryPeriod, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                for (var more = true; more && !stoppingToken.IsCancellationRequested;)
                {
                    (var expired, more) = await ExpirePrincipals.Handle(registry, options, stoppingToken);
                    if (expired > 0) Log.PrincipalsExpired(log, expired);
                }
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.ExpiryPostponed(log, failure.GetType().Name, Failures.IsTransient(failure) ? null : failure);
            }
        }
    }
}
