namespace FleetPlatform.Device;

/// <summary>
/// Where a device keeps what it is. Each write is whole or not there at all, whenever power is lost; and the order of writes is such
/// that either the claim or the device's own credential is always usable.
/// </summary>
public interface ICredentialStore
{
    /// <summary>The claim the factory put in; null when it was deleted, or no usable pair is there.</summary>
    Credential? ReadClaim();

    /// <summary>The device's own; null when there is no usable pair.</summary>
    Credential? ReadDevice();

    /// <summary>What RegisterThing told the device; null when it is not known.</summary>
    DeviceIdentity? ReadIdentity();

    void StoreClaim(Credential claim);

    /// <summary>Replaces the device's credential, and forgets the identity that belonged to the one before.</summary>
    void StoreDevice(Credential device);

    void StoreIdentity(DeviceIdentity identity);

    void DeleteClaim();
}

/// <summary>For simulated devices: gone with the process.</summary>
public sealed class MemoryCredentialStore(Credential? claim = null) : ICredentialStore
{
    Credential? _claim = claim;
    Credential? _device;
    DeviceIdentity? _identity;

    public Credential? ReadClaim() => _claim;
    public Credential? ReadDevice() => _device;
    public DeviceIdentity? ReadIdentity() => _identity;
    public void StoreClaim(Credential claim) => _claim = claim;
    public void StoreDevice(Credential device) => (_device, _identity) = (device, null);
    public void StoreIdentity(DeviceIdentity identity) => _identity = identity;
    public void DeleteClaim() => _claim = null;
}
