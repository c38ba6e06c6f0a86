using System.Net.Sockets;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using MassTransit;
using Npgsql;

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
        NpgsqlException database => database.IsTransient,
        Events.ConcurrencyException or EventStoreUnavailableException => true,
        RequestUnavailableException or RequestTimeoutException or ConnectionException => true,
        TimeoutException or SocketException or IOException => true,
        AggregateException { InnerException: { } inner } => IsTransient(inner),
        _ => false,
    };

    /// <summary>What an asker is told when serving it failed: <c>unavailable</c> for what may pass, otherwise <c>internal</c>. Never the exception's text.</summary>
    public static Refused ToRefused(Exception failure) => IsTransient(failure)
        ? Reasons.Unavailable.ToRefused("A part of the platform did not answer. Retry with back-off.")
        : Reasons.Internal.ToRefused("The request failed inside the platform.");
}
