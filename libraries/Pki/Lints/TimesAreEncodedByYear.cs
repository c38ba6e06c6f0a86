using System.Formats.Asn1;

namespace FleetPlatform.Pki;

/// <summary>UTCTime through 2049 and GeneralizedTime from 2050, in whole seconds of GMT.</summary>
sealed class TimesAreEncodedByYear : ILint
{
    public string Citation => "RFC 5280 §4.1.2.5";

    public string? Check(LintSubject subject)
    {
        var validity = subject.Certificate.ValidityDer.Span;
        foreach (var time in (ReadOnlySpan<DateTimeOffset>)[subject.Certificate.NotBefore, subject.Certificate.NotAfter])
        {
            var wanted = time.UtcDateTime.Year < 2050 ? Asn1Tag.UtcTime : Asn1Tag.GeneralizedTime;
            if (!DerReader.NextIs(validity, wanted)) return "A time is encoded in the wrong type for its year.";
            DerReader.Read(ref validity, wanted);
            if (time.Ticks % TimeSpan.TicksPerSecond != 0) return "A time has fractions of a second.";
        }

        return null;
    }
}
