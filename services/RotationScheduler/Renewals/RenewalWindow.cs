using System.Globalization;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>When a certificate is renewed. Pure, and the same each time it is asked: the jitter is drawn from the certificate's own hash.</summary>
static class RenewalWindow
{
    const double ShareOfShortLives = 2.0 / 3;

    /// <summary>The instant at which a certificate is due: up to the jitter earlier than the rule says, never later, never before it is valid.</summary>
    /// <param name="certificateId">SHA-256 of the DER, hex: as good as random.</param>
    public static DateTimeOffset DueAt(RenewalRule rule, string certificateId, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var validity = notAfter - notBefore;
        var latest = LatestAt(rule, notBefore, notAfter);
        var due = latest - (validity * (rule.Jitter * Fraction(certificateId)));
        return due > notBefore ? due : notBefore;
    }

    /// <summary>What the rule says without jitter. A life shorter than the days before its end is renewed at two thirds.</summary>
    public static DateTimeOffset LatestAt(RenewalRule rule, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var validity = notAfter - notBefore;
        if (rule.LifetimeShare is { } share) return notBefore + (validity * share);
        var before = notAfter - TimeSpan.FromDays(rule.DaysBefore);
        return before > notBefore ? before : notBefore + (validity * ShareOfShortLives);
    }

    static double Fraction(string certificateId) =>
        uint.Parse(certificateId.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) / (double)uint.MaxValue;
}
