using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FleetPlatform.Pki;

/// <summary>
/// A secret as a file that only this process can read and that is on no disk (memfd_create), for libraries that print what they are given: OpenSSL's engine for PKCS#11 quotes its URI on
/// standard error when it finds no key.
/// </summary>
sealed partial class SecretInMemory : IDisposable
{
    const uint CloseOnExec = 1;

    readonly SafeFileHandle _file;

    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public SecretInMemory(string secret)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("Files in memory are Linux's.");
        var descriptor = CreateMemoryFile("secret", CloseOnExec);
        if (descriptor < 0) throw new IOException($"No file in memory could be made: error {Marshal.GetLastPInvokeError()}.");
        _file = new(descriptor, ownsHandle: true);
        RandomAccess.Write(_file, Encoding.UTF8.GetBytes(secret), 0);
    }

    /// <summary>Where this process finds it, until it is disposed.</summary>
    public string Path => $"/proc/self/fd/{_file.DangerousGetHandle()}";

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
