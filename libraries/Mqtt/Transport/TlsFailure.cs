using System.Security.Authentication;

namespace FleetPlatform.Mqtt;

/// <summary>Why a TLS handshake came to nothing.</summary>
public enum TlsFailure
{
    /// <summary>Anything else that TLS refused.</summary>
    Refused,

    /// <summary><see cref="MqttTlsLimits.MaximumPendingHandshakes"/>.</summary>
    TooMany,

    /// <summary>The peer closed before it said anything: a probe of the port.</summary>
    NothingSaid,

    /// <summary><see cref="MqttTlsLimits.HandshakeTimeout"/>.</summary>
    TimedOut,

    /// <summary>The peer was gone in the middle of it; also when it does not trust the server.</summary>
    ConnectionLost,

    /// <summary>The peer sent no certificate.</summary>
    NoCertificate,

    /// <summary>The peer sent a certificate and did not prove that it holds the key.</summary>
    KeyNotProved,

    /// <summary>No common version of TLS, cipher suite or application protocol.</summary>
    NothingInCommon,
}

static class TlsFailures
{
    // How OpenSSL packs its reason codes: the low 23 bits (include/openssl/err.h, sslerr.h).
    const int ReasonMask = 0x7F_FFFF;

    /// <summary>What OpenSSL made of it.</summary>
    public static TlsFailure Of(AuthenticationException refused) => (refused.GetBaseException().HResult & ReasonMask) switch
    {
        123 => TlsFailure.KeyNotProved, // SSL_R_BAD_SIGNATURE
        199 => TlsFailure.NoCertificate, // SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE
        193 or 235 or 258 => TlsFailure.NothingInCommon, // no shared cipher, no application protocol, unsupported protocol
        _ => TlsFailure.Refused,
    };
}
