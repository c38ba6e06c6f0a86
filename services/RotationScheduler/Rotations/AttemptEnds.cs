using FleetPlatform.Events;

namespace FleetPlatform.RotationScheduler.Rotations;

/// <summary>What follows from a failed attempt: another one after a pause, or the end. The old certificate is never touched.</summary>
static class AttemptEnds
{
    /// <param name="isActive">Whether a certificate is registered ACTIVE; null where the device has just used its old one.</param>
    public static Decision<RotationEvent> With(string code, string detail, Rotation rotation, DateTimeOffset now, Func<string, bool>? isActive = null)
    {
        // Newest first: the device falls back from it to the one before.
        var doomed = rotation.Expendable(rotation.Offers.Concat(rotation.Proven is { } proven ? [proven] : (string[])[]).OrderByDescending(rotation.RegisteredAt), isActive);
        var again = rotation.Started!.Reason != RotationReason.Device && rotation.Attempt < rotation.Terms.Attempts;
        return again
            ? new AttemptFailed(rotation.Attempt, code, detail, doomed, now + rotation.Terms.BackOffAfter(rotation.Attempt)) { At = now }
            : new RotationFailed(code, detail, doomed) { At = now };
    }
}
