namespace FleetPlatform.TestKit;

/// <summary>The checkout that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The configuration that this kit was built with.</summary>
    public static string Configuration => Output.Parent!.Name;

    static DirectoryInfo Output { get; } = new(AppContext.BaseDirectory);

    /// <summary>Path of a built assembly, of the configuration and framework that this kit was built with.</summary>
    public static string Assembly(string project) => Path.Combine(Root, project, "bin", Configuration, Output.Name, $"{Path.GetFileName(project)}.dll");

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FleetPlatform.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Tests run from inside the checkout.");
    }
}
