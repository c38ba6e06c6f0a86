using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FleetPlatform.Mqtt;

/// <summary>
/// Whether this process's OpenSSL sends tickets by which a TLS session could be resumed. Its configuration decides (<c>NumTickets = 0</c> for TLS 1.3 and
/// <c>Options = -SessionTicket</c> for TLS 1.2 in the <c>system_default</c> of <c>ssl_conf</c>, config(5)); the framework knows no such setting.
/// </summary>
static partial class SessionTickets
{
    const string Library = "libssl.so.3";
    const ulong NoTicket = 1 << 14; // SSL_OP_NO_TICKET

    /// <summary>True when it sends none for certain: then its state may serve many connections, which the framework allows only together with resumption.</summary>
    public static bool AreOff { get; } = Ask();

    static bool Ask()
    {
        // The framework must use the same library.
        if (!OperatingSystem.IsLinux() || SafeEvpPKeyHandle.OpenSslVersion is < 0x3_00_00_00_0 or >= 0x4_00_00_00_0 || !NativeLibrary.TryLoad(Library, out _)) return false;
        var state = NewState(ServerMethod());
        try
        {
            return state != 0 && TicketsOf(state) == 0 && (OptionsOf(state) & NoTicket) != 0;
        }
        finally
        {
            FreeState(state);
        }
    }

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewState(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_get_num_tickets")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint TicketsOf(nint state);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_get_options")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial ulong OptionsOf(nint state);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeState(nint state);
}
