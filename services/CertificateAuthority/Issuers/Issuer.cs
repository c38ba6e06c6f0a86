using System.Diagnostics;
using FleetPlatform.Events;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>An authority, as recorded: made here, or requested and later installed.</summary>
sealed record Issuer(IssuerCreated? Created, IssuerRequested? Requested, IssuerInstalled? Installed) : IAggregate<Issuer, IssuerEvent>
{
    public const string RootId = "root";
    public const string IssuingId = "issuing-1";

    public static Issuer Initial { get; } = new(null, null, null);

    /// <summary>Most authorities: their serial numbers begin with one octet from 0x02 to 0x7F.</summary>
    public const int MaximumIssuers = 0x7E;

    public bool Exists => Created is not null || Requested is not null;

    /// <summary>Whether there is a certificate for its key.</summary>
    public bool CanSign => Created is { ParentId: not null } || Installed is not null;

    public static StreamId StreamOf(string issuerId) => StreamId.Of("issuer", issuerId);

    public static string IdOf(int number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"issuing-{number}");

    /// <summary>1 for <c>issuing-1</c>; 0 when it is no such id.</summary>
    public static int NumberOf(string issuerId) =>
        issuerId.StartsWith("issuing-", StringComparison.Ordinal) && int.TryParse(issuerId.AsSpan(8), System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= MaximumIssuers && IdOf(number) == issuerId ? number : 0;

    public Issuer Evolve(IssuerEvent @event) => @event switch
    {
        IssuerCreated created => this with { Created = created },
        IssuerRequested requested => this with { Requested = requested },
        IssuerInstalled installed => this with { Installed = installed },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}

/// <summary>The published list of one root.</summary>
sealed record RootList(RootListInstalled? Installed) : IAggregate<RootList, RootListEvent>
{
    public static RootList Initial { get; } = new(Installed: null);

    public static StreamId StreamOf(string rootCertificateId) => StreamId.Of("rootlist", rootCertificateId);

    public RootList Evolve(RootListEvent @event) => @event switch
    {
        RootListInstalled installed => new(installed),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}

/// <summary>Which authority signs which profile; what is not assigned is the first one's.</summary>
sealed record Signing(IReadOnlyDictionary<string, string> IssuerOfProfile) : IAggregate<Signing, SigningEvent>
{
    public static Signing Initial { get; } = new(new Dictionary<string, string>());

    public static StreamId Stream { get; } = StreamId.Of("signing", "account");

    public string IssuerOf(string profile) => IssuerOfProfile.GetValueOrDefault(profile, Issuer.IssuingId);

    public Signing Evolve(SigningEvent @event) => @event switch
    {
        SigningAssigned assigned => new(new Dictionary<string, string>(
            IssuerOfProfile.Where(pair => !assigned.Profiles.Contains(pair.Key)).Concat(assigned.Profiles.Select(profile => KeyValuePair.Create(profile, assigned.IssuerId))))),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
