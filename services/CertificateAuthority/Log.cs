namespace FleetPlatform.CertificateAuthority;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Created root {RootCertificateId} and issuing authority {IssuingCertificateId}; move the folder 'offline' to safe storage")]
    public static partial void IssuersCreated(ILogger logger, string rootCertificateId, string issuingCertificateId);

    [LoggerMessage(2, LogLevel.Information, "Finished the certificate of flow {FlowId}, serial number {SerialNumber}, after a restart")]
    public static partial void Finished(ILogger logger, string flowId, string serialNumber);

    [LoggerMessage(3, LogLevel.Information, "Gave up the certificate of flow {FlowId}, serial number {SerialNumber}: {Reason}")]
    public static partial void Abandoned(ILogger logger, string flowId, string serialNumber, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Prepared certificates could not be looked for: {Failure}")]
    public static partial void FinishingPostponed(ILogger logger, string failure, Exception? unexpected);

    [LoggerMessage(5, LogLevel.Error, "The prepared certificate on {Stream} cannot be read or signed and is left open: {Failure}")]
    public static partial void Unreadable(ILogger logger, string stream, string failure);

    [LoggerMessage(6, LogLevel.Information, "Took over root {RootCertificateId} and issuing authority {IssuingCertificateId} of a ceremony")]
    public static partial void IssuersTakenOver(ILogger logger, string rootCertificateId, string issuingCertificateId);
}
