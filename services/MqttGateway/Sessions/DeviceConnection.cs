using System.Net;
using System.Security.Cryptography;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Sessions;

/// <summary>What the gateway knows of one connection; the broker's <see cref="MqttClient.State"/>.</summary>
sealed class DeviceConnection
{
    const int MaximumReports = 20;
    const int MaximumAnswersUnderWay = 100; // the broker's window of unacknowledged messages

    readonly Lock _gate = new();
    HashSet<string>? _given;
    Queue<byte[]>? _secrets;
    int _claimRecorded;
    int _publishReported;
    int _reports;
    int _recorded;
    string? _pushed;
    volatile Rights _rights;

    public DeviceConnection(ConnectAttempt attempt, ClientCertificate? certificate, Rights rights)
    {
        SessionId = attempt.SessionId;
        ClientId = attempt.ClientId;
        Certificate = certificate;
        RemoteAddress = AddressOf(attempt.RemoteEndPoint);
        Tls = attempt.Tls;
        MqttVersion = attempt.Connect.Version == ProtocolVersion.V500 ? "5.0" : "3.1.1";
        _rights = rights;
    }

    public string SessionId { get; }
    public string ClientId { get; }

    /// <summary>Null on the plain listener.</summary>
    public ClientCertificate? Certificate { get; }

    public string PrincipalId => Certificate?.Id ?? "";
    public string RemoteAddress { get; }
    public TlsFacts? Tls { get; }
    public string MqttVersion { get; }
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary><see cref="Principals.Changes"/> when it was let in.</summary>
    public required long DecidedAt { get; init; }

    public required FirstConnection FirstConnection { get; init; }

    /// <summary>Its provisioning requests that are not answered yet.</summary>
    public required RequestLine Requests { get; init; }

    /// <summary>What it may do. Replaced whole when its principal changes; read once per packet.</summary>
    public Rights Rights
    {
        get => _rights;
        set => _rights = value;
    }

    /// <summary>A certificate was given out on this connection: its owner may take the client id over.</summary>
    public void Gave(string certificateId)
    {
        lock (_gate) (_given ??= new(StringComparer.Ordinal)).Add(certificateId);
    }

    public bool HasGiven(string certificateId)
    {
        lock (_gate) return _given?.Contains(certificateId) ?? false;
    }

    /// <summary>
    /// Keeps an answer that holds a private key, to wipe it when the connection ends: until then it may wait for its turn on the wire.
    /// A later connection never gets it: what is under '$' is not sent again.
    /// </summary>
    public void WipeAtEnd(byte[] secret)
    {
        lock (_gate)
        {
            (_secrets ??= []).Enqueue(secret);

            // A bridge may ask for many devices over one connection: answers this far back have long been taken.
            if (_secrets.Count > 2 * MaximumAnswersUnderWay) CryptographicOperations.ZeroMemory(_secrets.Dequeue());
        }
    }

    public void Wipe()
    {
        lock (_gate)
            while (_secrets is { Count: > 0 }) CryptographicOperations.ZeroMemory(_secrets.Dequeue());
    }

    /// <summary>What the other services are told of a request of this connection.</summary>
    public FlowContext FlowOf(string flowId) => new()
    {
        FlowId = flowId,
        SessionId = SessionId,
        PrincipalId = PrincipalId,
        ClientId = ClientId,
        Things = Things,
        TraceParent = System.Diagnostics.Activity.Current?.Id,
    };

    /// <summary>A flow that begins now.</summary>
    public FlowContext NewFlow() => FlowOf(Guid.CreateVersion7().ToString("N"));

    /// <summary>True the first time for each command: what comes twice is not made twice.</summary>
    public bool TakesPush(string command) => Interlocked.Exchange(ref _pushed, command) != command;

    /// <summary>True the first time only.</summary>
    public bool BeginsClaim() => Interlocked.Exchange(ref _claimRecorded, 1) == 0;

    /// <summary>Things its certificate belongs to; null for a claim.</summary>
    public IReadOnlyList<string>? Things => Rights.Grant.Things is { Count: > 0 } things ? [.. things.Select(thing => thing.ThingName)] : null;

    /// <summary>The thing it speaks for: the connection's, or whatever its client id, the only one that its certificate belongs to.</summary>
    public string? Speaker => Rights.Context.ThingName ?? (Rights.Grant.Things is [var only] ? only.ThingName : null);

    /// <summary>Whether its certificate takes part in a rotation.</summary>
    public bool IsWatched(TimeProvider clock) =>
        Rights.Grant.WatchUntil is { } until && Speaker is not null && clock.GetUtcNow() < until;

    /// <summary>True the first time only.</summary>
    public bool PublishesFirst() => _publishReported == 0 && Interlocked.Exchange(ref _publishReported, 1) == 0;

    /// <summary>How many refusals and undelivered answers of this connection are on record.</summary>
    public int Recorded => Volatile.Read(ref _recorded);

    public void CountRecorded() => Interlocked.Increment(ref _recorded);

    /// <summary>True for as many reports as one connection has to make.</summary>
    public bool MayReport() => _reports < MaximumReports && Interlocked.Increment(ref _reports) <= MaximumReports;

    public static string AddressOf(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint { Address: { IsIPv4MappedToIPv6: true } address } => address.MapToIPv4().ToString(),
        IPEndPoint ip => ip.Address.ToString(),
        _ => "",
    };
}

/// <summary>A principal's policies in the light of one connection.</summary>
/// <param name="Policies">Of the principal.</param>
/// <param name="Context">Of the connection.</param>
/// <param name="Grant">What the policies came with.</param>
sealed record Rights(CompiledPolicySet Policies, PolicyContext Context, PrincipalGrant Grant)
{
    /// <summary>Set when the certificate has expired: bounds within which the policies count.</summary>
    public RenewOnly? Bounds { get; init; }

    public bool Allow(PolicyAction action, ReadOnlySpan<char> name) => (Bounds is null || Bounds.Permits(action, name)) && Policies.Evaluate(action, name, Context) == PolicyDecision.Allowed;

    /// <summary>What a principal may do on a connection.</summary>
    public static Rights Of(Principal principal, ConnectAttempt attempt, ClientCertificate? certificate, Arn arn) =>
        Of(principal, new PolicyContext
        {
            Region = arn.Region,
            AccountId = arn.AccountId,
            ClientId = attempt.ClientId,
            CertificateId = certificate?.Id,
            Certificate = certificate?.Der ?? default,
            SourceIp = (attempt.RemoteEndPoint as IPEndPoint)?.Address,
            DomainName = attempt.Tls?.ServerName is { Length: > 0 } name ? name : null,
            PersistentConnect = attempt.Connect is { CleanStart: false } or { SessionExpiry: > 0 },
            WillTopic = attempt.Connect.Will?.Topic,
        });

    /// <summary>The same connection with a principal that has changed.</summary>
    public Rights With(Principal principal) => Of(principal, Context) with { Bounds = Bounds };

    /// <summary>Why something that is not allowed is not.</summary>
    /// <param name="what">As in "No policy allows it to …".</param>
    public Refused Denial(string what) => Reasons.AccessDenied.ToRefused(
        Bounds is null ? $"No policy of the certificate allows it to {what}." : "The certificate has expired: its connection may renew it, and nothing else.");

    static Rights Of(Principal principal, PolicyContext connection)
    {
        ThingGrant? thing = principal.ThingOf(connection.ClientId);
        return new(principal.PoliciesOf(thing), new PolicyContext
        {
            Region = connection.Region,
            AccountId = connection.AccountId,
            ClientId = connection.ClientId,
            CertificateId = connection.CertificateId,
            Certificate = connection.Certificate,
            SourceIp = connection.SourceIp,
            DomainName = connection.DomainName,
            PersistentConnect = connection.PersistentConnect,
            WillTopic = connection.WillTopic,
            ThingName = thing?.ThingName,
            ThingTypeName = thing?.ThingTypeName,
            ThingAttributes = thing?.Attributes ?? NoAttributes,
            IsAttached = thing is not null,
        }, principal.Grant);
    }

    static readonly IReadOnlyDictionary<string, string> NoAttributes = new Dictionary<string, string>();
}
