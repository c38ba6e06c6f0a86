using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Revocation;

/// <summary>Recorded on <c>list-{issuerId}-{scope}</c>: which lists an authority has signed.</summary>
abstract record RevocationListEvent;

/// <summary>It was examined and is going to be signed; nothing with its number, or a lower one, is signed again.</summary>
/// <param name="DistributionPoint">URL of the part of the certificates it is about; null: all.</param>
/// <param name="TbsHash">Of what is signed, in lower-case hex.</param>
sealed record RevocationListApproved(
    string IssuerId, string? DistributionPoint, long Number, long? BaseNumber, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, long Entries, string TbsHash)
    : RevocationListEvent;

/// <summary>The lists of one scope, as far as the authority has to remember them.</summary>
sealed record RevocationLists(long LastNumber) : IAggregate<RevocationLists, RevocationListEvent>
{
    public static RevocationLists Initial { get; } = new(0);

    /// <summary>Whole lists and their deltas share their numbers (RFC 5280 §5.2.3).</summary>
    public static StreamId StreamOf(string issuerId, string? distributionPoint) =>
        StreamId.Of("list", $"{issuerId}-{(distributionPoint is null ? "full" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(distributionPoint)))[..16])}");

    public RevocationLists Evolve(RevocationListEvent @event) => @event switch
    {
        RevocationListApproved approved => new(approved.Number),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}

/// <summary>Where the revocation of an authority's certificates can be looked up, as this deployment is configured.</summary>
static class Points
{
    /// <summary>Null when the deployment publishes nothing.</summary>
    public static RevocationPoints? Of(string issuerId, CertificateAuthorityOptions options) =>
        options.RevocationUrl is { Length: > 0 } url ? new(url, issuerId, options.RevocationShards) : null;
}
