using System.Buffers.Binary;
using FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>
/// What must not be let in whatever the registry says: revoked and held certificates. All of them, since what was forgotten could be let in;
/// about 60 bytes each. Thread-safe; asked once per connection.
/// </summary>
sealed class UntrustedCertificates
{
    readonly Dictionary<Fingerprint, State> _states = [];
    readonly Lock _gate = new();
    volatile bool _isCurrent;

    /// <summary>A certificate id, a quarter of its text's size.</summary>
    readonly record struct Fingerprint(ulong A, ulong B, ulong C, ulong D);

    /// <param name="Version">Of the last change known; an older one is old news.</param>
    /// <param name="Reason">Null: reinstated.</param>
    readonly record struct State(long Version, RevocationReason? Reason);

    /// <summary>True once everything that was revoked while this gateway was away is known.</summary>
    public bool IsCurrent
    {
        get => _isCurrent;
        set => _isCurrent = value;
    }

    public int Count
    {
        get
        {
            lock (_gate) return _states.Count;
        }
    }

    /// <summary>Why the certificate is not trusted; null when nothing is known against it.</summary>
    public RevocationReason? Find(string certificateId)
    {
        if (Read(certificateId) is not { } fingerprint) return null;
        lock (_gate) return _states.TryGetValue(fingerprint, out var state) ? state.Reason : null;
    }

    /// <summary>Takes a change in.</summary>
    /// <returns>False when it, or a later one, is known already.</returns>
    public bool Learn(CertificateTrustChange change)
    {
        if (Read(change.CertificateId) is not { } fingerprint) return false;
        lock (_gate)
        {
            if (_states.TryGetValue(fingerprint, out var known) && known.Version >= change.Version) return false;
            _states[fingerprint] = new(change.Version, change.Reason);
            return true;
        }
    }

    static Fingerprint? Read(string certificateId)
    {
        Span<byte> octets = stackalloc byte[32];
        if (certificateId.Length != 64 || Convert.FromHexString(certificateId, octets, out _, out _) != System.Buffers.OperationStatus.Done) return null;
        return new(
            BinaryPrimitives.ReadUInt64LittleEndian(octets), BinaryPrimitives.ReadUInt64LittleEndian(octets[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(octets[16..]), BinaryPrimitives.ReadUInt64LittleEndian(octets[24..]));
    }
}
