using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.Running;

/// <summary>The one folder that holds everything a stack leaves on this machine.</summary>
sealed class FleetFolder(string path)
{
    static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11; // EWOULDBLOCK: the lock is somebody else's

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path { get; } = path;

    public string Secrets => In("secrets.json");

    public string Endpoints => In("endpoints.json");

    public string State => In("state.json");

    public string Ports => In("ports.json");

    public string OperatorCredentials => In("operator-credentials");

    public string Logs => In("logs");

    /// <summary>Tells stacks apart where names are shared by the machine: container names, folders outside this one.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path)))[..12];

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Takes the folder for this process, until the result is disposed of or the process ends, however it ends.</summary>
    /// <exception cref="DistributedApplicationException">Another host runs from this folder.</exception>
    public IDisposable Take()
    {
        Directory.CreateDirectory(Path);
        Directory.CreateDirectory(Logs);
        try
        {
            return new FileStream(In("host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken.HResult == WouldBlock)
        {
            throw new DistributedApplicationException($"A stack already runs from {Path}. Stop it with ./fleet down, or give this one a folder of its own with --fleet-directory.", taken);
        }
    }

    /// <summary>Writes a file whole or not at all.</summary>
    public static void Write(string path, string text, bool secret = false)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (secret) options.UnixCreateMode = OwnerOnly;
        var temporary = $"{path}.{Environment.ProcessId}.new";
        using (var file = new StreamWriter(temporary, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options)) file.Write(text);
        File.Move(temporary, path, overwrite: true);
    }
}
