using System.Diagnostics;
using FleetPlatform.Events;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>Recorded on <c>key-{SHA-256 of the public key}</c>.</summary>
abstract record KeyEvent;

/// <summary>A certificate on this key was revoked because the key is in other hands: nothing is certified or registered on it again.</summary>
/// <param name="CertificateId">The certificate that was revoked.</param>
sealed record KeyBlocked(string CertificateId, DateTimeOffset RevokedAt) : KeyEvent;

/// <summary>A certificate that somebody else has signed is registered on this key: it is certified for nobody else.</summary>
sealed record KeyRegistered(string CertificateId, DateTimeOffset At) : KeyEvent;

/// <summary>What has to be remembered of a key.</summary>
sealed record DeviceKey(bool IsBlocked) : IAggregate<DeviceKey, KeyEvent>
{
    public static DeviceKey Initial { get; } = new(IsBlocked: false);

    /// <param name="keyHash">SHA-256 of the SubjectPublicKeyInfo, in lower-case hex.</param>
    public static StreamId StreamOf(string keyHash) => StreamId.Of("key", keyHash);

    public DeviceKey Evolve(KeyEvent @event) => @event switch
    {
        KeyBlocked => new(IsBlocked: true),
        KeyRegistered => this,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
