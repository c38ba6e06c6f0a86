namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>What is worth remembering about a connection. Ordinary traffic is not.</summary>
abstract record SessionEvent
{
    public required string SessionId { get; init; }
    public required string ClientId { get; init; }

    /// <summary>Certificate id; empty when the peer had none that could be read.</summary>
    public required string PrincipalId { get; init; }
}

/// <summary>A connection asked for provisioning for the first time; recorded then, about the connect before it.</summary>
sealed record ClaimConnected : SessionEvent
{
    public required DateTimeOffset ConnectedAt { get; init; }
    public required string RemoteAddress { get; init; }
    public required string TlsProtocol { get; init; }
    public required double HandshakeMilliseconds { get; init; }
    public required string MqttVersion { get; init; }
}

/// <summary>Something was refused: the connection, a packet, or a provisioning request.</summary>
sealed record SessionRefused : SessionEvent
{
    public required DateTimeOffset RefusedAt { get; init; }
    public required string RemoteAddress { get; init; }

    /// <summary>What was asked: connect, publish, subscribe, create-keys, create-from-csr, register-thing.</summary>
    public required string Action { get; init; }

    /// <summary>Topic or filter; null for a connect.</summary>
    public string? Topic { get; init; }

    public required string ReasonCode { get; init; }
    public required string Detail { get; init; }

    /// <summary>The flow that a refused provisioning request would have been.</summary>
    public string? FlowId { get; init; }
}

/// <summary>A certificate connected for the first time in its life. On the stream <c>firstconnection-{certificateId}</c>, so it can happen only once.</summary>
sealed record FirstConnected : SessionEvent
{
    public required DateTimeOffset ConnectedAt { get; init; }
    public required string RemoteAddress { get; init; }
    public required string TlsProtocol { get; init; }
    public required double HandshakeMilliseconds { get; init; }
    public string? ThingName { get; init; }
}

/// <summary>A device connected with a certificate that has expired, in the grace that a renewal policy gives: it may renew, and nothing else.</summary>
sealed record AdmittedToRenew : SessionEvent
{
    public required DateTimeOffset ConnectedAt { get; init; }
    public required string RemoteAddress { get; init; }
    public required string ThingName { get; init; }
    public required DateTimeOffset ExpiredAt { get; init; }

    /// <summary>Of the policy.</summary>
    public required string Scope { get; init; }
}

/// <summary>A pair that the platform had made was sent down the connection of the device that it is for.</summary>
sealed record PairPushed : SessionEvent
{
    public required DateTimeOffset PushedAt { get; init; }
    public required string CertificateId { get; init; }
    public required string ThingName { get; init; }
}

/// <summary>The platform ended a live connection: its certificate lost its rights, or its device broke the protocol, a limit or its keep-alive.</summary>
sealed record ClosedByPlatform : SessionEvent
{
    public required DateTimeOffset ClosedAt { get; init; }
    public required string ReasonCode { get; init; }
    public required string Detail { get; init; }
}

/// <summary>An answer to a provisioning request did not reach the device, or may not have.</summary>
sealed record AnswerNotDelivered : SessionEvent
{
    public required DateTimeOffset AnsweredAt { get; init; }
    public required string FlowId { get; init; }
    public required string Topic { get; init; }

    /// <summary>not-subscribed (it was sent all the same), receive-denied, connection-gone.</summary>
    public required string Cause { get; init; }
}
