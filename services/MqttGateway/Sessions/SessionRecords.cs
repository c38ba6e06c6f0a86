using System.Threading.Channels;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Rotation;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>Takes facts off the packet path: whoever reports one never waits. When the queue is full a fact is lost, and counted.</summary>
sealed class SessionRecords(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock)
{
    readonly RateLimit _refusals = new(options.RecordedRefusalsPerSecond, options.RecordedRefusalBurst, clock, keys: 2);
    readonly RateLimit _ofOne = new(options.RecordedRefusalsPerMinutePerPrincipal / 60, options.RecordedRefusalsPerMinutePerPrincipal, clock);
    readonly Channel<Fact> _facts = Channel.CreateBounded<Fact>(new BoundedChannelOptions(options.RecordQueue) { SingleReader = true });

    /// <summary>A fact and what it is known under.</summary>
    /// <param name="Stream">Where it belongs.</param>
    /// <param name="Event">The fact.</param>
    /// <param name="Starts">True: nothing comes before it on its stream.</param>
    /// <param name="CorrelationId">Flow or session.</param>
    /// <param name="TraceId">Of the packet that led to it, or null.</param>
    internal sealed record Fact(StreamId Stream, SessionEvent Event, bool Starts, string CorrelationId, string? TraceId);

    internal ChannelReader<Fact> Reader => _facts.Reader;

    public void ClaimConnected(DeviceConnection connection) => Add(starts: true, connection.SessionId, new ClaimConnected
    {
        SessionId = connection.SessionId,
        ClientId = connection.ClientId,
        PrincipalId = connection.PrincipalId,
        ConnectedAt = connection.ConnectedAt,
        RemoteAddress = connection.RemoteAddress,
        TlsProtocol = connection.Tls?.Protocol.ToString() ?? "none",
        HandshakeMilliseconds = connection.Tls?.HandshakeDuration.TotalMilliseconds ?? 0,
        MqttVersion = connection.MqttVersion,
    });

    /// <summary>The first connection of a certificate, or perhaps the first: the stream of that name can be started only once.</summary>
    public void FirstConnected(DeviceConnection connection) => Write(new(StreamId.Of("firstconnection", connection.PrincipalId), new FirstConnected
    {
        SessionId = connection.SessionId,
        ClientId = connection.ClientId,
        PrincipalId = connection.PrincipalId,
        ConnectedAt = connection.ConnectedAt,
        RemoteAddress = connection.RemoteAddress,
        TlsProtocol = connection.Tls?.Protocol.ToString() ?? "none",
        HandshakeMilliseconds = connection.Tls?.HandshakeDuration.TotalMilliseconds ?? 0,
        ThingName = connection.Rights.Context.ThingName,
    }, Starts: true, connection.SessionId, TraceId()));

    /// <summary>A connection began that may only renew.</summary>
    public void AdmittedToRenew(DeviceConnection connection, RenewOnly bounds) => Add(starts: true, connection.SessionId, new AdmittedToRenew
    {
        SessionId = connection.SessionId,
        ClientId = connection.ClientId,
        PrincipalId = connection.PrincipalId,
        ConnectedAt = connection.ConnectedAt,
        RemoteAddress = connection.RemoteAddress,
        ThingName = bounds.ThingName,
        ExpiredAt = bounds.ExpiredAt,
        Scope = bounds.Scope,
    });

    public void PairPushed(DeviceConnection connection, string certificateId, string thing, DateTimeOffset at) => Add(starts: false, connection.SessionId, new PairPushed
    {
        SessionId = connection.SessionId,
        ClientId = connection.ClientId,
        PrincipalId = connection.PrincipalId,
        PushedAt = at,
        CertificateId = certificateId,
        ThingName = thing,
    });

    /// <summary>A connection was refused before it began.</summary>
    public void Refused(string sessionId, string clientId, string principalId, string remoteAddress, Refused refused)
    {
        if (!MayRecord("refusals", principalId)) return;
        Add(starts: true, sessionId, new SessionRefused
        {
            SessionId = sessionId,
            ClientId = clientId,
            PrincipalId = principalId,
            RemoteAddress = remoteAddress,
            RefusedAt = clock.GetUtcNow(),
            Action = "connect",
            ReasonCode = refused.Code,
            Detail = refused.Detail,
        });
    }

    /// <summary>A packet or a provisioning request of a connection was refused.</summary>
    public void Refused(DeviceConnection connection, string action, string? topic, Refused refused, string? flowId = null)
    {
        if (!HasRoom(connection) || !MayRecord("refusals", connection.PrincipalId)) return;
        Add(connection, flowId ?? connection.SessionId, new SessionRefused
        {
            SessionId = connection.SessionId,
            ClientId = connection.ClientId,
            PrincipalId = connection.PrincipalId,
            RemoteAddress = connection.RemoteAddress,
            RefusedAt = clock.GetUtcNow(),
            Action = action,
            Topic = topic,
            ReasonCode = refused.Code,
            Detail = refused.Detail,
            FlowId = flowId,
        });
    }

    /// <summary>A live connection ended because its certificate lost its rights.</summary>
    public void Closed(DeviceConnection connection, Refused why) => Add(starts: false, connection.SessionId, End(connection, why));

    /// <summary>A live connection ended for a fault of its device's.</summary>
    public void Ended(DeviceConnection connection, Refused why)
    {
        if (MayRecord("ends", connection.PrincipalId)) Add(starts: false, connection.SessionId, End(connection, why));
    }

    ClosedByPlatform End(DeviceConnection connection, Refused why) => new()
    {
        SessionId = connection.SessionId,
        ClientId = connection.ClientId,
        PrincipalId = connection.PrincipalId,
        ClosedAt = clock.GetUtcNow(),
        ReasonCode = why.Code,
        Detail = why.Detail,
    };

    public void NotDelivered(DeviceConnection connection, string flowId, string topic, string cause)
    {
        if (HasRoom(connection)) Add(connection, flowId, new AnswerNotDelivered
        {
            SessionId = connection.SessionId,
            ClientId = connection.ClientId,
            PrincipalId = connection.PrincipalId,
            AnsweredAt = clock.GetUtcNow(),
            FlowId = flowId,
            Topic = topic,
            Cause = cause,
        });
    }

    // A connection's facts are one stream, which is read to add to it: one that goes wrong for days must not make each fact dearer than the one before.
    bool HasRoom(DeviceConnection connection)
    {
        if (connection.Recorded < options.RecordedFactsPerConnection) return true;
        metrics.LostRecord("too-many-of-one-connection");
        return false;
    }

    // Strangers can cause refusals without end; what they cost the database is bounded. And one device in a loop does not use up what the others may have.
    bool MayRecord(string kind, string principalId)
    {
        if (_ofOne.TryTake(principalId) && _refusals.TryTake(kind)) return true;
        metrics.LostRecord("too-many-refusals");
        return false;
    }

    void Add(DeviceConnection connection, string correlationId, SessionEvent fact)
    {
        connection.CountRecorded();
        Add(starts: false, correlationId, fact);
    }

    void Add(bool starts, string correlationId, SessionEvent fact) =>
        Write(new(StreamId.Of("session", fact.SessionId), fact, starts, correlationId, TraceId()));

    void Write(Fact fact)
    {
        if (!_facts.Writer.TryWrite(fact)) metrics.LostRecord("queue-full");
    }

    static string? TraceId() => System.Diagnostics.Activity.Current?.TraceId.ToHexString();
}
