namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Services read certificates of strangers. Before July 2026 a certificate could crash the runtime under them (CVE-2026-57108, type confusion in CryptoNative_GetX509NameInfo): no service
/// starts on such a runtime.
/// </summary>
public static class PatchedRuntime
{
    /// <summary>The first .NET 10 without it.</summary>
    public static Version Oldest { get; } = new(10, 0, 10);

    /// <param name="runtime">As <see cref="Environment.Version"/> has it.</param>
    /// <exception cref="InvalidOperationException">It is too old; says what to install.</exception>
    public static void Require(Version runtime)
    {
        if (runtime < Oldest)
            throw new InvalidOperationException($"This is .NET {runtime}, which a hostile certificate can crash (CVE-2026-57108). Install .NET {Oldest} or later: https://dotnet.microsoft.com/download/dotnet/10.0");
    }
}
