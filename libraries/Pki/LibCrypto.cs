using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

/// <summary>What is asked of OpenSSL itself, beside the framework: see docs/decisions/0019-ec-points-go-straight-to-openssl.md.</summary>
static partial class LibCrypto
{
    public const string Name = "libcrypto.so.3";

    /// <summary>Whether OpenSSL 3 is there, and is the library that the framework uses: keys are given to it by address.</summary>
    public static bool IsThere { get; } =
        OperatingSystem.IsLinux() && SafeEvpPKeyHandle.OpenSslVersion is >= 0x3_00_00_00_0 and < 0x4_00_00_00_0 && NativeLibrary.TryLoad(Name, out _);

    /// <summary>What OpenSSL did not do. Its reasons stay with the thread otherwise, and the framework would take them for its own.</summary>
    public static CryptographicException Failed(string what)
    {
        ClearErrors();
        return new(what);
    }

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_CTX_new_from_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint NewContext(nint library, string name, string? properties);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Name, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();
}
