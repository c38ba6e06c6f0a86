namespace FleetPlatform.AppHost.Tests;

sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("fleet-").FullName;
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101); // the servers run as users of their own
    }

    public string Path { get; }

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
