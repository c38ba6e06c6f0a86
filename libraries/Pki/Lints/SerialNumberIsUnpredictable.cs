namespace FleetPlatform.Pki;

/// <summary>At least 64 bits of a serial number come from a random generator: this platform's have one octet of the issuer and 19 random ones.</summary>
sealed class SerialNumberIsUnpredictable : ILint
{
    const int Octets = 20;
    const int FewestDistinct = 8; // 19 random octets with fewer different values: a chance below 2^-64

    public string Citation => "CA/Browser Forum BR §7.1";

    public string? Check(LintSubject subject)
    {
        var serial = subject.Certificate.SerialNumber.Span;
        if (serial.Length != Octets) return "The serial number is not of 20 octets.";
        var seen = new System.Collections.BitArray(256);
        var distinct = 0;
        foreach (var octet in serial[1..])
        {
            if (seen[octet]) continue;
            seen[octet] = true;
            distinct++;
        }

        return distinct >= FewestDistinct ? null : "The serial number was not drawn at random.";
    }
}
