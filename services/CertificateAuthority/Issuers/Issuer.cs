using System.Diagnostics;
using FleetPlatform.Events;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>An authority, as recorded.</summary>
sealed record Issuer(IssuerCreated? Created) : IAggregate<Issuer, IssuerEvent>
{
    public const string RootId = "root";
    public const string IssuingId = "issuing-1";

    public static Issuer Initial { get; } = new(Created: null);

    public static StreamId StreamOf(string issuerId) => StreamId.Of("issuer", issuerId);

    public Issuer Evolve(IssuerEvent @event) => @event switch
    {
        IssuerCreated created => new(created),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
