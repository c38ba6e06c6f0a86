using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>The files of one device. The private key is there before anybody is asked for a certificate, readable by its owner only.</summary>
sealed class DeviceFolder(string path)
{
    public const string Certificate = "device.cert.pem";
    public const string PrivateKey = "device.private.key";
    public const string RootCa = "root-ca.pem";

    public string Path => path;

    public bool HasCertificate => File.Exists(Of(Certificate));

    public string Of(string file) => System.IO.Path.Combine(path, file);

    /// <summary>The key of a run that was cut short, or a new one: so the same device asks again with the same key, and gets the same certificate.</summary>
    public KeyPair OpenKey(KeyType type)
    {
        if (File.Exists(Of(PrivateKey))) return KeyPair.FromPem(File.ReadAllText(Of(PrivateKey)));
        var key = type == KeyType.Rsa2048 ? KeyPair.CreateRsa2048() : KeyPair.CreateEcdsaP256();
        OwnerOnlyFile.Write(Of(PrivateKey), key.PrivateKeyPem);
        return key;
    }

    public void Write(string file, string text) => File.WriteAllText(Of(file), text);

    public string Read(string file) => File.ReadAllText(Of(file));
}

/// <summary>Key pairs that are made here.</summary>
enum KeyType
{
    P256,
    Rsa2048,
}
