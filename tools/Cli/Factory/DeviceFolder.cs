using System.Text;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>The files of one device. What holds the private key is readable by its owner only.</summary>
sealed class DeviceFolder(string path)
{
    public const string Certificate = "device.cert.pem";
    public const string PrivateKey = "device.private.key";
    public const string RootCa = "root-ca.pem";

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string Path => path;

    public bool HasCertificate => File.Exists(Of(Certificate));

    public string Of(string file) => System.IO.Path.Combine(path, file);

    /// <summary>
    /// The key of a run that was cut short, or a new one, which is on the disk before anybody is asked for a certificate: so the same device asks again with the same key, and gets the same
    /// certificate.
    /// </summary>
    public KeyPair OpenKey(KeyType type)
    {
        if (FindKey() is { } before) return before;
        var key = MakeKey(type);
        OwnerOnlyFile.Write(Of(PrivateKey), key.PrivateKeyPem);
        return key;
    }

    public KeyPair? FindKey() => File.Exists(Of(PrivateKey)) ? KeyPair.FromPem(File.ReadAllText(Of(PrivateKey))) : null;

    public static KeyPair MakeKey(KeyType type) => type == KeyType.Rsa2048 ? KeyPair.CreateRsa2048() : KeyPair.CreateEcdsaP256();

    public void Write(string file, string text) => Put(file, Encoding.UTF8.GetBytes(text), Readable);

    /// <summary>Writes a script that is started by its name.</summary>
    public void WriteScript(string file, string text) => Put(file, Encoding.UTF8.GetBytes(text), Executable);

    /// <summary>Writes a file for its owner only, into a folder for its owner only. Nobody has waited for the disk yet.</summary>
    public void WriteSecret(string file, ReadOnlySpan<byte> contents)
    {
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute); // one that is there stays as it is, which the same call finds out
        Put(file, contents, OwnerOnly);
    }

    // A new file instead of one that is emptied: ext4 writes what was emptied to the disk when it is closed, each file for itself, and a line waits for the disk once for all.
    void Put(string file, ReadOnlySpan<byte> contents, UnixFileMode mode)
    {
        var target = Of(file);
        try
        {
            Create(target, contents, mode);
        }
        catch (IOException) when (File.Exists(target)) // rarely: of a run that was cut short
        {
            File.Delete(target);
            Create(target, contents, mode);
        }
    }

    static void Create(string target, ReadOnlySpan<byte> contents, UnixFileMode mode)
    {
        using var stream = new FileStream(target, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = mode });
        stream.Write(contents);
    }

    public string Read(string file) => File.ReadAllText(Of(file));
}

/// <summary>Key pairs that are made here.</summary>
enum KeyType
{
    P256,
    Rsa2048,
}
