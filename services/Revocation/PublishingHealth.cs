using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Ocsp;
using FleetPlatform.Revocation.Transparency;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FleetPlatform.Revocation;

/// <summary>
/// Does what is published get on? Says that it does not long before what is out lapses, which is when clients begin to refuse everything (peers 3.2 case 12). Trust and its end do not depend on
/// the log, so that alone is never unhealthy.
/// </summary>
sealed class PublishingHealth(ListClock lists, Responders responders, LogClock log) : IHealthCheck
{
    /// <param name="remaining">Until the first list lapses.</param>
    /// <param name="failures">Why each part does not get on; null where it does.</param>
    public static HealthCheckResult Judge(TimeSpan? remaining, params IEnumerable<string?> failures) =>
        remaining <= TimeSpan.Zero ? HealthCheckResult.Unhealthy("A published revocation list has lapsed.")
        : string.Join("; ", failures.OfType<string>()) is { Length: > 0 } failure ? HealthCheckResult.Degraded(failure)
        : HealthCheckResult.Healthy();

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Judge(
        lists.Remaining,
        lists.Failure is { } notCut ? $"Revocation lists are not cut: {notCut}" : null,
        responders.Failure is { } notCertified ? $"OCSP has no new certificate to answer with: {notCertified}" : null,
        log.Failure is { } notSigned ? $"The transparency log is not signed: {notSigned}" : null));
}
