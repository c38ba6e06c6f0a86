using System.Security.Cryptography;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>Where authorities' keys live. A handle names one in events; what is behind it is never exported and never logged.</summary>
interface IIssuerKeyStore
{
    /// <summary>Whether a handle is one of this store's.</summary>
    bool Owns(string handle);

    /// <summary>Opens a key.</summary>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    /// <exception cref="CryptographicException">It cannot be opened: a wrong passphrase or PIN.</exception>
    IIssuerKey Open(string handle);
}

/// <summary>Encrypted PKCS#8 files under the data directory, which replicas share. A handle is a relative path.</summary>
sealed class FileKeyStore(CertificateAuthorityOptions options) : IIssuerKeyStore
{
    public bool Owns(string handle) => !TokenIssuerKey.IsUri(handle);

    public IIssuerKey Open(string handle)
    {
        var path = PathOf(handle);
        return File.Exists(path)
            ? FileIssuerKey.Load(path, options.KeyPassphrase)
            : throw new InvalidOperationException($"There is no key at {path}. Restore the data directory that belongs to this database; replicas share it.");
    }

    /// <summary>Makes a key. One of that name is put aside, not overwritten: it may be the key of an authority that devices out there trust.</summary>
    public FileIssuerKey Create(string handle, IssuerKeyType type, DateTimeOffset now)
    {
        PutAside(handle, now);
        return FileIssuerKey.Create(PathOf(handle), options.KeyPassphrase, type);
    }

    public void PutAside(string handle, DateTimeOffset now)
    {
        var path = PathOf(handle);
        if (File.Exists(path)) File.Move(path, $"{path}.{now.ToUnixTimeMilliseconds()}.unused");
    }

    public string PathOf(string handle) => Path.Combine(options.DataDirectory, handle);
}

/// <summary>Keys on a PKCS#11 token. A handle is a PKCS#11 URI without the PIN, which comes from configuration.</summary>
sealed class TokenKeyStore(CertificateAuthorityOptions options) : IIssuerKeyStore
{
    public bool Owns(string handle) => TokenIssuerKey.IsUri(handle);

    public IIssuerKey Open(string handle) => options.TokenPin is { Length: > 0 } pin
        ? TokenIssuerKey.Open(handle, pin)
        : throw new InvalidOperationException($"Key {handle} is on a token: set {CertificateAuthorityOptions.Section}:{nameof(options.TokenPin)}.");
}

/// <summary>The key stores of this deployment.</summary>
sealed class IssuerKeyStores(FileKeyStore files, TokenKeyStore tokens)
{
    public FileKeyStore Files => files;

    /// <inheritdoc cref="IIssuerKeyStore.Open"/>
    public IIssuerKey Open(string handle) => ((IIssuerKeyStore[])[files, tokens]).First(store => store.Owns(handle)).Open(handle);

    /// <summary>The key for a new authority: on a token, where it must be already, or made in a file.</summary>
    /// <returns>The key and its handle, or why there is none.</returns>
    public (IIssuerKey? Key, string Handle, Refusal? Refusal) Provide(string issuerId, string? tokenUri, IssuerKeyType type, DateTimeOffset now)
    {
        if (tokenUri is null)
        {
            var handle = $"issuers/{issuerId}.key.pem";
            return (files.Create(handle, type, now), handle, null);
        }

        if (!TokenIssuerKey.IsUri(tokenUri))
            return (null, "", new(Reasons.InvalidRequest.Code, "A key on a token is named by a PKCS#11 URI without a PIN: pkcs11:token=…;object=…."));
        try
        {
            return (tokens.Open(tokenUri), tokenUri, null);
        }
        catch (Exception failure) when (failure is CryptographicException or InvalidOperationException)
        {
            return (null, "", new(Reasons.InvalidRequest.Code, failure.Message));
        }
    }
}
