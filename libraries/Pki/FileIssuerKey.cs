using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>An authority's key in an encrypted PKCS#8 file that only its owner may read.</summary>
public sealed class FileIssuerKey : IIssuerKey
{
    // Slow on purpose: a stolen file is only as safe as guessing its passphrase is expensive. About a tenth of a second at start;
    // AppHost draws passphrases at random, which no iteration count could improve on.
    static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 100_000);

    readonly AsymmetricAlgorithm _key;
    readonly Lock _gate = new();

    FileIssuerKey(AsymmetricAlgorithm key)
    {
        _key = key;
        SignatureAlgorithm = IssuerKeys.AlgorithmOf(key);
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
    }

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    public string SignatureAlgorithm { get; }

    /// <summary>Makes a key and writes it. An existing file of that name is replaced in one step.</summary>
    /// <param name="path">Where; its folder is made when missing, for the owner only.</param>
    /// <param name="passphrase">Encrypts the file: PBES2, AES-256, PBKDF2 with SHA-256.</param>
    /// <param name="type">Its kind. RSA takes up to seconds to make.</param>
    /// <returns>The key, loaded.</returns>
    public static FileIssuerKey Create(string path, ReadOnlySpan<char> passphrase, IssuerKeyType type = IssuerKeyType.EcdsaP256)
    {
        if (passphrase.IsEmpty) throw new ArgumentException("A key file needs a passphrase.", nameof(passphrase));
        var key = IssuerKeys.Create(type);
        OwnerOnlyFile.Write(path, key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Encryption) + "\n");
        return new(key);
    }

    /// <summary>Reads a key that <see cref="Create"/> wrote, or another tool: encrypted PKCS#8 in PEM.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="CryptographicException">The passphrase is wrong, or the file is not such a key.</exception>
    public static FileIssuerKey Load(string path, ReadOnlySpan<char> passphrase)
    {
        var pem = File.ReadAllText(path);
        foreach (var candidate in (ReadOnlySpan<Func<AsymmetricAlgorithm>>)[ECDsa.Create, RSA.Create])
        {
            var key = candidate();
            try
            {
                key.ImportFromEncryptedPem(pem, passphrase);
                return new(key);
            }
            catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
            {
                key.Dispose();
            }
        }

        throw new CryptographicException("The passphrase is wrong, or the file is not an encrypted EC or RSA private key in PEM.");
    }

    public byte[] Sign(ReadOnlySpan<byte> toBeSigned)
    {
        // The framework promises nothing about concurrent use of one key object; a signature takes 36 µs.
        lock (_gate) return IssuerKeys.Sign(_key, toBeSigned);
    }

    public byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        lock (_gate) return IssuerKeys.SignHash(_key, hash);
    }

    public void Dispose() => _key.Dispose();
}
