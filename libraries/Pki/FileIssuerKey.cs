using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>An EC key on P-256 in an encrypted PKCS#8 file that only its owner may read.</summary>
public sealed class FileIssuerKey : IIssuerKey
{
    // Slow on purpose: a stolen file is only as safe as guessing its passphrase is expensive. About a tenth of a second at start;
    // AppHost draws passphrases at random, which no iteration count could improve on.
    static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 100_000);

    readonly ECDsa _key;
    readonly Lock _gate = new();

    FileIssuerKey(ECDsa key)
    {
        _key = key;
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
    }

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    public string SignatureAlgorithm => Oids.EcdsaSha256;

    /// <summary>Makes a key and writes it. An existing file of that name is replaced in one step.</summary>
    /// <param name="path">Where; its folder is made when missing, for the owner only.</param>
    /// <param name="passphrase">Encrypts the file: PBES2, AES-256, PBKDF2 with SHA-256.</param>
    /// <returns>The key, loaded.</returns>
    public static FileIssuerKey Create(string path, ReadOnlySpan<char> passphrase)
    {
        if (passphrase.IsEmpty) throw new ArgumentException("A key file needs a passphrase.", nameof(passphrase));
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        OwnerOnlyFile.Write(path, key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Encryption) + "\n");
        return new(key);
    }

    /// <summary>Reads a key that <see cref="Create"/> wrote.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="CryptographicException">The passphrase is wrong, or the file is not such a key.</exception>
    public static FileIssuerKey Load(string path, ReadOnlySpan<char> passphrase)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromEncryptedPem(File.ReadAllText(path), passphrase);
            if (key.KeySize != 256) throw new CryptographicException("An issuer's key is an EC key on P-256.");
            return new(key);
        }
        catch (ArgumentException wrong)
        {
            key.Dispose();
            throw new CryptographicException("The file is not an encrypted private key in PEM.", wrong);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public byte[] Sign(ReadOnlySpan<byte> toBeSigned)
    {
        // The framework promises nothing about concurrent use of one key object; a signature takes 36 µs.
        lock (_gate) return _key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    public byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        lock (_gate) return _key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    public void Dispose() => _key.Dispose();
}
