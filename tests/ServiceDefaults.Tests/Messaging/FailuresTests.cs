using MassTransit;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace FleetPlatform.ServiceDefaults.Tests.Messaging;

public sealed class FailuresTests
{
    [Theory] // what a server says to open sessions when it is restarted, fails over or is short of something
    [InlineData(PostgresErrorCodes.AdminShutdown)]
    [InlineData(PostgresErrorCodes.CrashShutdown)]
    [InlineData(PostgresErrorCodes.CannotConnectNow)]
    [InlineData(PostgresErrorCodes.QueryCanceled)]
    [InlineData(PostgresErrorCodes.ReadOnlySqlTransaction)]
    [InlineData(PostgresErrorCodes.TooManyConnections)]
    [InlineData(PostgresErrorCodes.SerializationFailure)]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    [InlineData(PostgresErrorCodes.ConnectionFailure)]
    public void A_database_that_goes_away_comes_back(string sqlState) =>
        Failures.IsTransient(new PostgresException("away", "FATAL", "FATAL", sqlState)).ShouldBeTrue();

    [Theory]
    [InlineData(PostgresErrorCodes.UniqueViolation)]
    [InlineData(PostgresErrorCodes.UndefinedTable)]
    [InlineData(PostgresErrorCodes.InvalidTextRepresentation)]
    public void A_mistake_of_ours_stays_one(string sqlState) =>
        Failures.IsTransient(new PostgresException("wrong", "ERROR", "ERROR", sqlState)).ShouldBeFalse();

    [Fact]
    public void A_broker_that_goes_away_comes_back()
    {
        var (queue, closed) = (new Uri("rabbitmq://localhost/queue"), new ShutdownEventArgs(ShutdownInitiator.Peer, 320, "CONNECTION_FORCED"));
        Exception[] failures =
        [
            new ConnectionException("closed"), new TransportException(queue, "closed"), new MessageNotAcknowledgedException(queue, "closed"),
            new OperationInterruptedException(closed), new AlreadyClosedException(closed),
        ];
        failures.ShouldAllBe(failure => Failures.IsTransient(failure));
    }
}
