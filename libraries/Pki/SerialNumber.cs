using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>A certificate serial number of 20 octets, written as 40 lower-case hex digits.</summary>
/// <remarks>RFC 5280 §4.1.2.2: positive, at most 20 octets. At least 64 bits from a CSPRNG (CA/Browser Forum BR §7.1); here 152.</remarks>
public readonly record struct SerialNumber
{
    /// <summary>Length in octets.</summary>
    public const int Length = 20;

    readonly byte[]? _octets;

    SerialNumber(byte[] octets) => _octets = octets;

    /// <summary>The octets, big-endian. Empty for the default value, which is no serial number.</summary>
    public ReadOnlySpan<byte> Octets => _octets;

    /// <summary>Draws a serial number.</summary>
    /// <param name="issuerPrefix">First octet, 0x01 to 0x7F: tells issuers apart and keeps the DER integer positive.</param>
    /// <returns>The prefix followed by 19 random octets.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="issuerPrefix"/> is 0x00 or above 0x7F.</exception>
    public static SerialNumber Draw(byte issuerPrefix)
    {
        ArgumentOutOfRangeException.ThrowIfZero(issuerPrefix);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(issuerPrefix, (byte)0x7F);
        var octets = new byte[Length];
        RandomNumberGenerator.Fill(octets);
        octets[0] = issuerPrefix;
        return new(octets);
    }

    /// <summary>40 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Octets);

    public bool Equals(SerialNumber other) => Octets.SequenceEqual(other.Octets);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Octets);
        return hash.ToHashCode();
    }
}
