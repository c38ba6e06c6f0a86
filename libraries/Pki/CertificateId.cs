using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>The name of a certificate: SHA-256 of its DER. The only thing certificates are looked up by.</summary>
public static class CertificateId
{
    /// <summary>Length of an id in characters.</summary>
    public const int Length = 64;

    /// <summary>The id of a certificate.</summary>
    /// <param name="der">The whole certificate in DER, nothing after it.</param>
    /// <returns>64 lower-case hex digits.</returns>
    public static string Of(ReadOnlySpan<byte> der)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(der, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>True for 64 lower-case hex digits.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Length != Length) return false;
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return true;
    }
}
