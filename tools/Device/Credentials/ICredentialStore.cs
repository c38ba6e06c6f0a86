namespace FleetPlatform.Device;

/// <summary>
/// Where a device keeps what it is. Each write is whole or not there at all, whenever power is lost; and the order of writes is such
/// that either the claim or the device's own credential is always usable.
/// </summary>
public interface ICredentialStore
{
    /// <summary>The claim the factory put in; null when it was deleted, or no usable pair is there.</summary>
    Credential? ReadClaim();

    /// <summary>The device's own, from the slot in use; null when there is no usable pair.</summary>
    Credential? ReadDevice();

    /// <summary>What RegisterThing told the device; null when it is not known.</summary>
    DeviceIdentity? ReadIdentity();

    void StoreClaim(Credential claim);

    /// <summary>Provisioned anew: slot 0, in use, and the identity that belonged to the one before is forgotten.</summary>
    void StoreDevice(Credential device);

    void StoreIdentity(DeviceIdentity identity);

    /// <summary>Which of the two device slots is in use, and how that goes. Slot 0 while nobody has said otherwise.</summary>
    SlotState ReadSlots();

    /// <summary>One small write: it decides which pair the device wakes up with.</summary>
    void StoreSlots(SlotState state);

    /// <summary>The pair in a slot, 0 or 1; null when there is no usable one.</summary>
    Credential? ReadSlot(int slot);

    /// <summary>Puts a pair beside the one in use.</summary>
    /// <param name="slot">The one that is not in use.</param>
    void StoreSlot(int slot, Credential credential);

    void DeleteClaim();
}

/// <summary>Where a device stands with its two pairs.</summary>
/// <param name="InUse">The slot it connects with, 0 or 1.</param>
/// <param name="Failures">The boot counter: connections in a row with this slot that were begun and not proven good.</param>
/// <param name="FellBackFrom">The certificate id that was given up, until that has been reported.</param>
public sealed record SlotState(int InUse, int Failures, string? FellBackFrom)
{
    /// <summary>Fresh from the factory.</summary>
    public static SlotState Initial { get; } = new(0, 0, null);

    /// <summary>The slot that is not in use.</summary>
    public int Other => 1 - InUse;
}

/// <summary>For simulated devices: gone with the process.</summary>
public sealed class MemoryCredentialStore(Credential? claim = null) : ICredentialStore
{
    Credential? _claim = claim;
    readonly Credential?[] _slots = new Credential?[2];
    SlotState _state = SlotState.Initial;
    DeviceIdentity? _identity;

    public Credential? ReadClaim() => _claim;
    public Credential? ReadDevice() => _slots[_state.InUse];
    public DeviceIdentity? ReadIdentity() => _identity;
    public void StoreClaim(Credential claim) => _claim = claim;
    public void StoreDevice(Credential device) => (_slots[0], _state, _identity) = (device, SlotState.Initial, null);
    public SlotState ReadSlots() => _state;
    public void StoreSlots(SlotState state) => _state = state;
    public Credential? ReadSlot(int slot) => _slots[slot];
    public void StoreSlot(int slot, Credential credential) => _slots[slot] = credential;
    public void StoreIdentity(DeviceIdentity identity) => _identity = identity;
    public void DeleteClaim() => _claim = null;
}
