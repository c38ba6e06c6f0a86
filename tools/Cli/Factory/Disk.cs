using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FleetPlatform.Cli.Factory;

/// <summary>Waits for the disk once for many files.</summary>
static class Disk
{
    /// <summary>Returns when everything that was written to the file system on which this file is has reached the disk (syncfs(2)).</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void SyncAround(SafeFileHandle file)
    {
        if (SyncFileSystem(file) != 0) throw new IOException($"The files did not reach the disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SyncFileSystem(SafeFileHandle file);
}
