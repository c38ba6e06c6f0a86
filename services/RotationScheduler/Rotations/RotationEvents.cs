using FleetPlatform.RotationScheduler.Renewals;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>What happens in one rotation of one thing's certificate. Recorded on <c>rotation-{thing}-{n}</c>.</summary>
abstract record RotationEvent
{
    public required DateTimeOffset At { get; init; }
}

/// <summary>Recorded by name, so a name never changes.</summary>
enum RotationReason
{
    /// <summary>The renewal policy says so.</summary>
    Due = 0,

    /// <summary>An operator asked for this thing.</summary>
    Operator = 1,

    /// <summary>Part of a campaign.</summary>
    Campaign = 2,

    /// <summary>The device began by itself.</summary>
    Device = 3,
}

/// <param name="OldCertificateId">The one to be replaced.</param>
/// <param name="CampaignId">Set when a campaign asked.</param>
/// <param name="Scope">Of the renewal policy whose terms these are; null for the built-in ones.</param>
sealed record RotationStarted(
    string ThingName, int Number, string OldCertificateId, RotationReason Reason, string? CampaignId, string? Scope, RotationTerms Terms, string RequestedBy)
    : RotationEvent;

/// <summary>The device is told; the message follows from this event.</summary>
/// <param name="Attempt">Which, from 1.</param>
/// <param name="CertificateId">The one that the device is to replace.</param>
sealed record RotationCommanded(string ThingName, int Number, int Attempt, string CertificateId, DateTimeOffset Deadline) : RotationEvent
{
    /// <summary>True: the gateway has the pair made and sends it along.</summary>
    public bool PushPair { get; init; }
}

/// <summary>The device has registered a new certificate for its thing. It is not proven yet.</summary>
/// <param name="RenewalOf">The certificate over whose connection it was registered: the device keeps these two and forgets any other.</param>
/// <param name="RegisteredAt">By the registry's clock: tells which of several came last.</param>
sealed record CertificateOffered(string CertificateId, string RenewalOf, DateTimeOffset RegisteredAt, DateTimeOffset Deadline) : RotationEvent
{
    /// <summary>When that certificate had expired, if it was used in the grace that a policy gives; otherwise null.</summary>
    public DateTimeOffset? ExpiredAt { get; init; }
}

/// <summary>The device has connected with the new certificate.</summary>
sealed record OfferConnected(string CertificateId) : RotationEvent;

/// <summary>It has connected and published: from now on the old one is the spare.</summary>
/// <param name="Doomed">Registered before it, and never used.</param>
sealed record OfferProven(string CertificateId, DateTimeOffset RetireAt, IReadOnlyList<string> Doomed) : RotationEvent;

/// <summary>Certificates that the device does not use although it could: registered before the proven one, or over it and left alone.</summary>
/// <param name="Doomed">Certificates that are revoked next.</param>
sealed record OffersSuperseded(IReadOnlyList<string> Doomed) : RotationEvent;

/// <summary>A doomed certificate is kept: the one that the device got with it, or got it with, works no more, so that it may have nothing else.</summary>
/// <param name="NextAt">When there is more to do; null: the rotation has ended.</param>
sealed record OfferSpared(string CertificateId, DateTimeOffset? NextAt) : RotationEvent;

/// <summary>The device said something on its report topic.</summary>
sealed record DeviceReported(string CertificateId, string Status, string? Detail) : RotationEvent;

/// <summary>From here on the unproven certificates are doomed, even if the device should come with one of them: its old one works.</summary>
/// <param name="Doomed">Certificates that are revoked next.</param>
sealed record AttemptFailed(int Attempt, string Code, string Detail, IReadOnlyList<string> Doomed, DateTimeOffset RetryAt) : RotationEvent;

/// <summary>A doomed certificate is revoked.</summary>
/// <param name="NextAt">When there is more to do; null: the rotation has ended.</param>
sealed record OfferRevoked(string CertificateId, DateTimeOffset? NextAt) : RotationEvent;

/// <summary>From here on the old certificates go, whatever comes: the new one is proven and active.</summary>
sealed record RetirementBegun : RotationEvent;

/// <summary>An old certificate is INACTIVE.</summary>
sealed record OldDeactivated(string CertificateId, DateTimeOffset? RevokeAt) : RotationEvent;

/// <summary>An old certificate is revoked.</summary>
sealed record OldRevoked(string CertificateId) : RotationEvent;

/// <summary>The device has one proven certificate, and no other of this rotation works.</summary>
sealed record RotationCompleted : RotationEvent;

/// <summary>Given up. The old certificate works as before.</summary>
sealed record RotationFailed(string Code, string Detail, IReadOnlyList<string> Doomed) : RotationEvent;

/// <summary>Called off before the proof. The old certificate works as before.</summary>
sealed record RotationCancelled(string By, string Detail, IReadOnlyList<string> Doomed) : RotationEvent;
