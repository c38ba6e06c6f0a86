using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Events;
using FleetPlatform.Pki.Transparency;

namespace FleetPlatform.CertificateAuthority.Transparency;

/// <summary>Recorded on <c>checkpoints-{SHA-256 of the log's origin}</c>.</summary>
abstract record CheckpointEvent;

/// <summary>The log has grown to this, without changing what was there; it is going to be signed.</summary>
sealed record CheckpointApproved(string Origin, long Size, byte[] Root, DateTimeOffset At) : CheckpointEvent;

/// <summary>What the authority remembers of a log: enough to notice one that forks or forgets.</summary>
sealed record SignedCheckpoints(long Size, byte[] Root) : IAggregate<SignedCheckpoints, CheckpointEvent>
{
    public static SignedCheckpoints Initial { get; } = new(0, MerkleTree.EmptyRoot);

    public static StreamId StreamOf(string origin) => StreamId.Of("checkpoints", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin))));

    public SignedCheckpoints Evolve(CheckpointEvent @event) => @event switch
    {
        CheckpointApproved approved => new(approved.Size, approved.Root),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
