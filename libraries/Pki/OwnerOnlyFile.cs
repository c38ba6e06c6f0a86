namespace FleetPlatform.Pki;

/// <summary>Files that hold secrets: readable by their owner only, and either whole or not there.</summary>
public static class OwnerOnlyFile
{
    /// <summary>Writes a file in one step, mode 0600; makes its folder, mode 0700, when that is missing.</summary>
    public static void Write(string path, string contents) => Write(path, System.Text.Encoding.UTF8.GetBytes(contents));

    /// <inheritdoc cref="Write(string,string)"/>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) CreateFolder(folder);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var temporary = $"{path}.{Environment.ProcessId}.new";
        File.Delete(temporary); // one that a crash left may have any mode
        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(contents);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
