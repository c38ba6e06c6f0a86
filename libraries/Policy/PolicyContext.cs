using System.Net;

namespace FleetPlatform.Policy;

/// <summary>
/// What policies may ask about one connection. Made once per connection; evaluation reads it and allocates nothing, but for the first
/// question about a field of the certificate, which parses it.
/// </summary>
public sealed class PolicyContext
{
    static readonly IReadOnlyDictionary<string, string> NoAttributes = new Dictionary<string, string>();
    CertificateFields? _certificate;

    /// <summary>Region in the ARNs of this deployment.</summary>
    public required string Region { get; init; }

    /// <summary>Account id in the ARNs of this deployment.</summary>
    public required string AccountId { get; init; }

    /// <summary><c>iot:ClientId</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>iot:CertificateId</c>, 64 hex digits, or null when the connection has no certificate.</summary>
    public string? CertificateId { get; init; }

    /// <summary>The client certificate in DER, for <c>iot:Certificate.*</c>; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Certificate { get; init; }

    /// <summary>The thing of this connection, or null: the exclusively attached one, else the attached one named as the client id.</summary>
    public string? ThingName { get; init; }

    /// <summary>Its type, or null.</summary>
    public string? ThingTypeName { get; init; }

    /// <summary>Its attributes.</summary>
    public IReadOnlyDictionary<string, string> ThingAttributes { get; init; } = NoAttributes;

    /// <summary>Whether the certificate is attached to that thing.</summary>
    public bool IsAttached { get; init; }

    /// <summary><c>aws:SourceIp</c>; an IPv4 address that came in IPv6 form counts as IPv4.</summary>
    public IPAddress? SourceIp
    {
        get;
        init => field = value is { IsIPv4MappedToIPv6: true } ? value.MapToIPv4() : value;
    }

    /// <summary><c>iot:DomainName</c>: the server name the client asked for, or null.</summary>
    public string? DomainName { get; init; }

    /// <summary><c>iot:ConnectAttributes</c> has PersistentConnect.</summary>
    public bool PersistentConnect { get; init; }

    /// <summary>Topic of the will, or null; gives <c>iot:LastWillTopic</c> and LastWill in <c>iot:ConnectAttributes</c>.</summary>
    public string? WillTopic { get; init; }

    internal string? WillTopicArn => WillTopic is null ? null : field ??= $"arn:aws:iot:{Region}:{AccountId}:topic/{WillTopic}";

    internal CertificateFields CertificateFields => _certificate ??= CertificateFields.Read(Certificate);

    internal string[] ConnectAttributes => (PersistentConnect, WillTopic is not null) switch
    {
        (true, true) => Both,
        (true, false) => Persistent,
        (false, true) => Will,
        _ => [],
    };

    static readonly string[] Both = ["PersistentConnect", "LastWill"];
    static readonly string[] Persistent = ["PersistentConnect"];
    static readonly string[] Will = ["LastWill"];
}
