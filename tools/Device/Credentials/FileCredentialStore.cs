using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace FleetPlatform.Device;

/// <summary>
/// Slots as files of one folder, named as the firmware names them, readable by their owner only. A file is written beside its slot, forced to
/// disk and renamed over it, and the folder forced to disk: a slot holds the old or the new contents, never half of them.
/// </summary>
public sealed class FileCredentialStore : ICredentialStore
{
    public const string ClaimCertificateSlot = "Claim Cert TLS";
    public const string ClaimKeySlot = "Claim Priv TLS Key";
    public const string DeviceCertificateSlot = "Device Cert TLS";
    public const string DeviceKeySlot = "Device Priv TLS Key";
    public const string IdentitySlot = "Device Config";
    public const string OtherCertificateSlot = "Device Cert TLS 2";
    public const string OtherKeySlot = "Device Priv TLS Key 2";
    public const string SlotsSlot = "Device Slots";

    const string Unfinished = ".new";
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    readonly string _folder;
    readonly Action<string>? _beforeOperation;

    /// <param name="folder">Made, mode 0700, when it is missing. What a lost power left unfinished in it is removed.</param>
    public FileCredentialStore(string folder) : this(folder, null) { }

    /// <param name="folder">As above.</param>
    /// <param name="beforeOperation">Told of each file operation before it happens; throws where a test cuts the power.</param>
    internal FileCredentialStore(string folder, Action<string>? beforeOperation)
    {
        (_folder, _beforeOperation) = (Path.GetFullPath(folder), beforeOperation);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_folder);
        else Directory.CreateDirectory(_folder, OwnerOnly | UnixFileMode.UserExecute);
        foreach (var unfinished in Directory.GetFiles(_folder, "*" + Unfinished)) File.Delete(unfinished);
    }

    public Credential? ReadClaim() => Credential.TryRead(Read(ClaimCertificateSlot), Read(ClaimKeySlot));

    public Credential? ReadDevice() => ReadSlot(ReadSlots().InUse);

    public DeviceIdentity? ReadIdentity()
    {
        if (Read(IdentitySlot) is not { } json) return null;
        try
        {
            return JsonSerializer.Deserialize<DeviceIdentity>(json);
        }
        catch (JsonException)
        {
            return null; // not written by us; as good as unknown
        }
    }

    public void StoreClaim(Credential claim)
    {
        Write(ClaimKeySlot, claim.PrivateKeyPem);
        Write(ClaimCertificateSlot, claim.CertificatePem);
    }

    public void StoreDevice(Credential device)
    {
        Delete(IdentitySlot);
        StoreSlot(0, device);
        Delete(SlotsSlot);
    }

    public SlotState ReadSlots()
    {
        if (Read(SlotsSlot) is not { } json) return SlotState.Initial;
        try
        {
            return JsonSerializer.Deserialize<SlotState>(json) is { InUse: 0 or 1 } state ? state : SlotState.Initial;
        }
        catch (JsonException)
        {
            return SlotState.Initial;
        }
    }

    public void StoreSlots(SlotState state) => Write(SlotsSlot, JsonSerializer.Serialize(state));

    public Credential? ReadSlot(int slot) => slot == 0
        ? Credential.TryRead(Read(DeviceCertificateSlot), Read(DeviceKeySlot))
        : Credential.TryRead(Read(OtherCertificateSlot), Read(OtherKeySlot));

    public void StoreSlot(int slot, Credential credential)
    {
        // A key without its certificate is no pair, and is not read as one.
        Write(slot == 0 ? DeviceKeySlot : OtherKeySlot, credential.PrivateKeyPem);
        Write(slot == 0 ? DeviceCertificateSlot : OtherCertificateSlot, credential.CertificatePem);
    }

    public void StoreIdentity(DeviceIdentity identity) => Write(IdentitySlot, JsonSerializer.Serialize(identity));

    public void DeleteClaim()
    {
        Delete(ClaimKeySlot);
        Delete(ClaimCertificateSlot);
    }

    string? Read(string slot)
    {
        var path = Path.Combine(_folder, slot);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    void Write(string slot, string contents)
    {
        var path = Path.Combine(_folder, slot);
        var bytes = Encoding.UTF8.GetBytes(contents);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;

        Before($"create {slot}");
        using (var stream = new FileStream(path + Unfinished, options))
        {
            stream.Write(bytes.AsSpan(0, bytes.Length / 2));
            Before($"write the rest of {slot}");
            stream.Write(bytes.AsSpan(bytes.Length / 2));
            stream.Flush(flushToDisk: true);
        }

        Before($"rename {slot}");
        File.Move(path + Unfinished, path, overwrite: true);
        SyncFolder();
    }

    void Delete(string slot)
    {
        var path = Path.Combine(_folder, slot);
        if (!File.Exists(path)) return;
        Before($"delete {slot}");
        File.Delete(path);
        SyncFolder();
    }

    void Before(string operation) => _beforeOperation?.Invoke(operation);

    // The rename is on disk only when the folder is.
    void SyncFolder()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new SafeFileHandle(Posix.Open(_folder, 0), ownsHandle: true);
        if (folder.IsInvalid || Posix.Fsync(folder) != 0)
            throw new IOException($"The folder {_folder} could not be forced to disk (errno {Marshal.GetLastPInvokeError()}).");
    }

    static class Posix
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern nint Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Fsync(SafeFileHandle file);
    }
}
