using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>Puts changes of trust into effect, from memory alone: nothing that closes a session waits for a database.</summary>
sealed class TrustChanges(UntrustedCertificates untrusted, Principals principals, LiveSessions live)
{
    /// <summary>Told of what is to be kept across restarts.</summary>
    public Action<IReadOnlyList<CertificateTrustChange>> Keep { get; set; } = static _ => { };

    /// <param name="changes">In the order in which they were recorded.</param>
    /// <param name="kept">True: they are kept already.</param>
    /// <returns>Sessions closed for each change, in their order.</returns>
    public IReadOnlyList<int> Apply(IReadOnlyList<CertificateTrustChange> changes, bool kept = false)
    {
        var lost = new List<(string, Refused)>();
        var at = new List<int>();
        for (var i = 0; i < changes.Count; i++)
        {
            if (!untrusted.Learn(changes[i])) continue;
            principals.Forget(changes[i].CertificateId);
            if (changes[i].Reason is not { } reason) continue;
            lost.Add((changes[i].CertificateId, Reasons.CertificateNotActive.ToRefused($"The certificate was {(reason == RevocationReason.CertificateHold ? "put on hold" : $"revoked: {reason}")}.")));
            at.Add(i);
        }

        var closed = new int[changes.Count];
        foreach (var (index, sessions) in at.Zip(live.Drop(lost))) closed[index] = sessions;
        if (!kept) Keep(changes);
        return closed;
    }
}
