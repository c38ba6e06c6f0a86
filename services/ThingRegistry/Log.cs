using Microsoft.Extensions.Logging;

namespace FleetPlatform.ThingRegistry;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Count} unclaimed certificates expired")]
    public static partial void PrincipalsExpired(ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Warning, "Expiry of unclaimed certificates waits for the next period: {Failure}")]
    public static partial void ExpiryPostponed(ILogger logger, string failure, Exception? unexpected);

    [LoggerMessage(3, LogLevel.Debug, "Provisioning of certificate {CertificateId} refused: {Code}")]
    public static partial void ProvisioningRefused(ILogger logger, string certificateId, string code);
}
