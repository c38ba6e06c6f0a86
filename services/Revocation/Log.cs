namespace FleetPlatform.Revocation;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Orders wait: {Failure}")]
    public static partial void OrdersPostponed(ILogger logger, string failure, Exception? unexpected);

    [LoggerMessage(2, LogLevel.Error, "Order {OrderId} cannot go on and is tried again")]
    public static partial void OrderFailed(ILogger logger, string orderId, Exception failure);

    [LoggerMessage(3, LogLevel.Information, "Order {OrderId} is carried out")]
    public static partial void OrderCompleted(ILogger logger, string orderId);

    [LoggerMessage(4, LogLevel.Debug, "Revocation list {List} is published")]
    public static partial void ListCut(ILogger logger, string list);

    [LoggerMessage(5, LogLevel.Error, "Revocation list {List} was not cut: {Failure}. The published one lapses at its nextUpdate")]
    public static partial void ListNotCut(ILogger logger, string list, string failure);

    [LoggerMessage(6, LogLevel.Warning, "The OCSP responder has no certificate of {Issuer}: {Failure}")]
    public static partial void NoResponderCertificate(ILogger logger, string issuer, string failure);

    [LoggerMessage(7, LogLevel.Information, "OCSP for {Issuer} is answered until {NotAfter}")]
    public static partial void ResponderCertificate(ILogger logger, string issuer, DateTimeOffset notAfter);

    [LoggerMessage(8, LogLevel.Warning, "The transparency log did not get on: {Failure}")]
    public static partial void LogNotSigned(ILogger logger, string failure);
}
