using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>
/// An authority's key inside a PKCS#11 token (an HSM, SoftHSM2), reached through OpenSSL's engine <c>pkcs11</c>. The key is made by the token's
/// own tool and never leaves it: only signatures do.
/// </summary>
public sealed class TokenIssuerKey : IIssuerKey
{
    const string Engine = "pkcs11";

    readonly AsymmetricAlgorithm _key;
    readonly SafeEvpPKeyHandle _handle;
    readonly Lock _gate = new();

    TokenIssuerKey(AsymmetricAlgorithm key, SafeEvpPKeyHandle handle)
    {
        (_key, _handle) = (key, handle);
        SignatureAlgorithm = IssuerKeys.AlgorithmOf(key);
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
    }

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    public string SignatureAlgorithm { get; }

    /// <summary>Opens a key.</summary>
    /// <param name="uri">PKCS#11 URI (RFC 7512) without a PIN, for example <c>pkcs11:token=fleet;object=issuing-2</c>.</param>
    /// <param name="pin">The user's PIN; stays in this process, is in no exception and never printed.</param>
    /// <exception cref="CryptographicException">The engine, the token or the key is not there, or the PIN is wrong.</exception>
    /// <exception cref="ArgumentException">Not such a URI, or it holds a PIN.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static TokenIssuerKey Open(string uri, string pin)
    {
        if (!IsUri(uri)) throw new ArgumentException("A key on a token is named by a PKCS#11 URI without a PIN: pkcs11:token=…;object=….", nameof(uri));
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("PKCS#11 needs Linux and OpenSSL.");
        using var secret = new SecretInMemory(pin);
        var handle = OpenHandle($"{uri};type=private?pin-source=file:{secret.Path}", uri);
        try
        {
            return new(Import(handle), handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>True for what <see cref="Open"/> takes.</summary>
    public static bool IsUri(string text) => text.StartsWith("pkcs11:", StringComparison.Ordinal) && !text.Contains("pin-", StringComparison.OrdinalIgnoreCase)
        && !text.Contains('?', StringComparison.Ordinal);

    static SafeEvpPKeyHandle OpenHandle(string withPin, string uri)
    {
        // Not as an inner exception: what OpenSSL says of a URI may quote it.
        int failure;
        try
        {
            return SafeEvpPKeyHandle.OpenPrivateKeyFromEngine(Engine, withPin);
        }
        catch (CryptographicException reason)
        {
            failure = reason.HResult;
        }

        throw new CryptographicException($"The key {uri} cannot be opened through OpenSSL's engine {Engine} (0x{failure:x8}): token, object or PIN is wrong, " +
            "or libengine-pkcs11-openssl is missing.");
    }

    static AsymmetricAlgorithm Import(SafeEvpPKeyHandle handle)
    {
        try
        {
            return new ECDsaOpenSsl(handle);
        }
        catch (CryptographicException)
        {
            return new RSAOpenSsl(handle);
        }
    }

    public byte[] Sign(ReadOnlySpan<byte> toBeSigned)
    {
        lock (_gate) return IssuerKeys.Sign(_key, toBeSigned); // a session of a token takes one operation at a time
    }

    public byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        lock (_gate) return IssuerKeys.SignHash(_key, hash);
    }

    public void Dispose()
    {
        _key.Dispose();
        _handle.Dispose();
    }
}
