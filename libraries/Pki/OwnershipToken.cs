using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.Pki;

/// <summary>
/// Proof that a certificate was given to the holder of a claim: minted with the certificate, presented to RegisterThing. 162 characters
/// of base64url over version, certificate, claim, flow, instant and an HMAC-SHA256 of them (embedded clients hold 512).
/// </summary>
public sealed record OwnershipToken
{
    /// <summary>How long a token is good for: one hour, as on AWS.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>How far ahead the clock of the process that minted it may be.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Least length of the key, in bytes.</summary>
    public const int MinimumKeyBytes = 32;

    const byte Version = 1;
    const int FlowIdLength = 32;
    const int BodyLength = 1 + 32 + 32 + 16 + 8;
    const int Length = BodyLength + HMACSHA256.HashSizeInBytes;

    /// <summary>The certificate the token speaks for, 64 lower-case hex digits.</summary>
    public required string CertificateId { get; init; }

    /// <summary>The claim certificate it was given to, 64 lower-case hex digits.</summary>
    public required string ClaimId { get; init; }

    /// <summary>The flow it belongs to, 32 lower-case hex digits.</summary>
    public required string FlowId { get; init; }

    /// <summary>When it was minted, to the millisecond.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Mints a token.</summary>
    /// <param name="key">The platform's token key, at least 32 bytes.</param>
    /// <param name="certificateId">64 lower-case hex digits.</param>
    /// <param name="claimId">64 lower-case hex digits.</param>
    /// <param name="flowId">32 lower-case hex digits.</param>
    /// <param name="issuedAt">Now.</param>
    /// <exception cref="ArgumentException">The key is too short or an id is not of its form.</exception>
    public static string Mint(ReadOnlySpan<byte> key, string certificateId, string claimId, string flowId, DateTimeOffset issuedAt)
    {
        CheckKey(key);
        if (!Pki.CertificateId.IsWellFormed(certificateId)) throw new ArgumentException("Not a certificate id.", nameof(certificateId));
        if (!Pki.CertificateId.IsWellFormed(claimId)) throw new ArgumentException("Not a certificate id.", nameof(claimId));
        if (flowId.Length != FlowIdLength) throw new ArgumentException("Not a flow id.", nameof(flowId));

        Span<byte> token = stackalloc byte[Length];
        token[0] = Version;
        Convert.FromHexString(certificateId, token[1..33], out _, out _);
        Convert.FromHexString(claimId, token[33..65], out _, out _);
        if (Convert.FromHexString(flowId, token[65..81], out _, out _) != System.Buffers.OperationStatus.Done)
            throw new ArgumentException("Not a flow id.", nameof(flowId));
        BinaryPrimitives.WriteInt64BigEndian(token[81..], issuedAt.ToUnixTimeMilliseconds());
        HMACSHA256.HashData(key, token[..BodyLength], token[BodyLength..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Checks a token. Who holds it is the caller's to check: <see cref="IsHeldBy"/>.</summary>
    /// <param name="key">The key it was minted with.</param>
    /// <param name="text">What was presented.</param>
    /// <param name="now">Now.</param>
    /// <param name="failure"><c>token-missing</c>, <c>token-malformed</c> or <c>token-expired</c>; null when the token is good.</param>
    /// <returns>The token, or null when it is not good.</returns>
    public static OwnershipToken? Verify(ReadOnlySpan<byte> key, string? text, DateTimeOffset now, out string? failure)
    {
        CheckKey(key);
        failure = string.IsNullOrEmpty(text) ? PkiFailures.TokenMissing : PkiFailures.TokenMalformed;
        if (text is null || text.Length != Base64Url.GetEncodedLength(Length)) return null;

        Span<byte> token = stackalloc byte[Length];
        var status = Base64Url.DecodeFromChars(text, token, out var consumed, out var written);
        if (status != System.Buffers.OperationStatus.Done || consumed != text.Length || written != Length || token[0] != Version) return null;

        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, token[..BodyLength], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, token[BodyLength..])) return null;

        var issuedAt = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(token[81..]));
        failure = now - issuedAt > Lifetime || issuedAt - now > ClockTolerance ? PkiFailures.TokenExpired : null;
        return failure is not null ? null : new()
        {
            CertificateId = Convert.ToHexStringLower(token[1..33]),
            ClaimId = Convert.ToHexStringLower(token[33..65]),
            FlowId = Convert.ToHexStringLower(token[65..81]),
            IssuedAt = issuedAt,
        };
    }

    /// <summary>True when the token was given to this claim; false: refuse with <c>token-foreign</c>.</summary>
    public bool IsHeldBy(string principalId) => CryptographicOperations.FixedTimeEquals(
        Encoding.ASCII.GetBytes(ClaimId), Encoding.ASCII.GetBytes(principalId));

    static void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length < MinimumKeyBytes) throw new ArgumentException($"A token key has at least {MinimumKeyBytes} bytes.", nameof(key));
    }
}
