namespace FleetPlatform.MqttGateway;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Policy {Policy} version {Version} does not compile and denies everything: {Mistake}")]
    public static partial void PolicyDoesNotCompile(ILogger logger, string policy, string version, string mistake);

    [LoggerMessage(2, LogLevel.Warning, "The event store is away; recording waits {Milliseconds} ms")]
    public static partial void RecordsWait(ILogger logger, double milliseconds);

    [LoggerMessage(3, LogLevel.Error, "{Event} was not recorded")]
    public static partial void RecordFailed(ILogger logger, string @event, Exception failure);

    [LoggerMessage(4, LogLevel.Debug, "Connection {SessionId} refused: {Code} {Detail}")]
    public static partial void ConnectionRefused(ILogger logger, string sessionId, string code, string detail);

    [LoggerMessage(23, LogLevel.Debug, "Connection {SessionId}: {Outcome}, {Code} {Detail}")]
    public static partial void Fault(ILogger logger, string sessionId, Mqtt.MqttFaultOutcome outcome, string code, string detail);

    [LoggerMessage(5, LogLevel.Information, "Connection {SessionId} of {CertificateId} closed: {Code}")]
    public static partial void ConnectionClosed(ILogger logger, string sessionId, string certificateId, string code);

    [LoggerMessage(6, LogLevel.Warning, "Certificate {CertificateId} could not be looked up again: {Failure}")]
    public static partial void RecheckFailed(ILogger logger, string certificateId, string failure);

    [LoggerMessage(7, LogLevel.Warning, "The bus was away: everything remembered is forgotten and {Certificates} live certificates are looked up again")]
    public static partial void Rechecking(ILogger logger, int certificates);

    [LoggerMessage(8, LogLevel.Error, "A provisioning request failed inside the gateway")]
    public static partial void RequestFailed(ILogger logger, Exception failure);

    [LoggerMessage(9, LogLevel.Debug, "Request {Operation} of flow {FlowId} rejected: {Code} {Detail}")]
    public static partial void RequestRejected(ILogger logger, string operation, string flowId, string code, string detail);

    [LoggerMessage(10, LogLevel.Debug, "Client {ClientId} was denied {Action} on {Topic}")]
    public static partial void Denied(ILogger logger, string clientId, string action, string topic);

    [LoggerMessage(11, LogLevel.Warning, "No server certificate yet: {Failure}. Asking again in {Milliseconds} ms")]
    public static partial void NoServerCertificate(ILogger logger, string failure, double milliseconds);

    [LoggerMessage(12, LogLevel.Information, "Server certificate for {Names} valid until {NotAfter}")]
    public static partial void ServerCertificate(ILogger logger, string names, DateTimeOffset notAfter);

    [LoggerMessage(13, LogLevel.Warning, "The plain listener on {Address} is open: no TLS, no identity, no provisioning. For conformance suites only")]
    public static partial void PlainListener(ILogger logger, string address);

    [LoggerMessage(14, LogLevel.Information, "MQTT over TLS on {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(15, LogLevel.Warning, "The stored server certificate cannot be used: {Failure}")]
    public static partial void StoredCertificateUnusable(ILogger logger, string failure);

    [LoggerMessage(16, LogLevel.Debug, "TLS handshake from {Remote} failed: {Failure}, {Said}")]
    public static partial void HandshakeFailed(ILogger logger, string remote, Mqtt.TlsFailure failure, string said);

    [LoggerMessage(17, LogLevel.Information, "All that is revoked is known: {Certificates} certificates")]
    public static partial void CaughtUp(ILogger logger, int certificates);

    [LoggerMessage(18, LogLevel.Warning, "The bus is away: nobody is let in until it is known what was revoked meanwhile")]
    public static partial void LostSight(ILogger logger);

    [LoggerMessage(19, LogLevel.Warning, "The revocation service does not answer ({Failure}); the {Certificates} certificates that are kept decide")]
    public static partial void AdmittingOnWhatIsKept(ILogger logger, int certificates, string failure);

    [LoggerMessage(20, LogLevel.Warning, "Revocations are not kept yet: {Failure}")]
    public static partial void NotKept(ILogger logger, string failure, Exception? unexpected);

    [LoggerMessage(34, LogLevel.Error, "What was revoked could not be learned")]
    public static partial void CatchUpFailed(ILogger logger, Exception failure);

    [LoggerMessage(35, LogLevel.Warning, "The server certificate could not be written to the data folder ({Failure}): the next start asks for another")]
    public static partial void ServerCertificateNotKept(ILogger logger, string failure);

    [LoggerMessage(21, LogLevel.Error, "The registered CA {CaCertificateId} cannot be used: {Failure}")]
    public static partial void AuthorityUnreadable(ILogger logger, string caCertificateId, string failure);

    [LoggerMessage(22, LogLevel.Information, "Certificate {CertificateId} of CA {CaCertificateId} registered at its first connection")]
    public static partial void CertificateRegistered(ILogger logger, string certificateId, string caCertificateId);

    [LoggerMessage(31, LogLevel.Warning, "A pair was made for {Thing} and its private key sent over the wire, as a renewal policy says: certificate {CertificateId}")]
    public static partial void PairPushed(ILogger logger, string thing, string certificateId);

    [LoggerMessage(32, LogLevel.Warning, "A part of the platform did not answer; no pair was sent to {Thing}")]
    public static partial void PairNotPushed(ILogger logger, string thing);

    [LoggerMessage(30, LogLevel.Warning, "News of rotations waits {Milliseconds} ms for the bus: {Failure}")]
    public static partial void RotationNewsWait(ILogger logger, double milliseconds, string failure);

    [LoggerMessage(33, LogLevel.Error, "{News} of certificate {CertificateId} was not published")]
    public static partial void RotationNewsLost(ILogger logger, string news, string certificateId, Exception failure);
}
