using System.Net.Sockets;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using MassTransit;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace FleetPlatform.ServiceDefaults;

/// <summary>A request got no answer in time, or the asker has too many waiting: nothing is known of its outcome. Worth asking again.</summary>
public sealed class RequestUnavailableException : Exception
{
    public RequestUnavailableException(string message) : base(message) { }
    public RequestUnavailableException(string message, Exception innerException) : base(message, innerException) { }
    public RequestUnavailableException() { }
}

/// <summary>Tells "try again" from "we are wrong". By type and SQLSTATE, never by message.</summary>
public static class Failures
{
    /// <summary>True when the same work may well succeed later: someone was faster, or a server or the network was away.</summary>
    public static bool IsTransient(Exception failure) => failure switch
    {
        PostgresException refused => refused.IsTransient || IsGoingAway(refused.SqlState),
        NpgsqlException database => database.IsTransient,
        Events.ConcurrencyException or EventStoreUnavailableException => true,
        RequestUnavailableException or RequestTimeoutException or ConnectionException or TransportException => true,
        OperationInterruptedException => true, // RabbitMQ closed the channel or the connection
        TimeoutException or SocketException or IOException => true,
        AggregateException { InnerException: { } inner } => IsTransient(inner),
        _ => false,
    };

    // What a server that is restarted or fails over tells open sessions, which Npgsql does not count among what passes.
    static bool IsGoingAway(string sqlState) => sqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
        or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction;

    /// <summary>What an asker is told when serving it failed: <c>unavailable</c> for what may pass, otherwise <c>internal</c>. Never the exception's text.</summary>
    public static Refused ToRefused(Exception failure) => IsTransient(failure)
        ? Reasons.Unavailable.ToRefused("A part of the platform did not answer. Retry with back-off.")
        : Reasons.Internal.ToRefused("The request failed inside the platform.");
}
