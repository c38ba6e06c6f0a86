namespace FleetPlatform.Architecture;

/// <summary>The checkout under test, read as text: these tests need no build of what they judge.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<SourceFile> Sources(params string[] folders) =>
        from folder in folders
        let path = Path.Combine(Root, folder)
        where Directory.Exists(path)
        from file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, file)
        where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal)
        select new SourceFile(relative, File.ReadAllLines(file));

    public static IEnumerable<ProjectFile> Projects() =>
        from file in Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, file)
        where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("node_modules", StringComparison.Ordinal)
        select ProjectFile.Read(relative);

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FleetPlatform.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("These tests run from inside the checkout.");
    }
}

sealed record SourceFile(string Path, string[] Lines);

/// <summary>A project and the projects whose assemblies it can see (build-order-only references do not count).</summary>
sealed record ProjectFile(string Path, IReadOnlyList<string> References)
{
    public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');

    public static ProjectFile Read(string relative)
    {
        var document = System.Xml.Linq.XDocument.Load(System.IO.Path.Combine(Repository.Root, relative));
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(Repository.Root, relative))!;
        var references =
            from reference in document.Descendants("ProjectReference")
            where (string?)reference.Attribute("ReferenceOutputAssembly") != "false"
            let target = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, ((string)reference.Attribute("Include")!).Replace('\\', '/')))
            select System.IO.Path.GetDirectoryName(System.IO.Path.GetRelativePath(Repository.Root, target))!;
        return new(relative, [.. references]);
    }
}
