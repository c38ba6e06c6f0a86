using System.Text.Json;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>Puts news into effect at start that is about no certificate, read as it would come over the bus; what a cut-off writes is written in memory alone.</summary>
sealed class CutOffNobody(TrustChanges changes, LiveSessions live) : IWarmUp
{
    static readonly string Nobodys = new('0', 64); // the fingerprint of no certificate

    public Task WarmUp(CancellationToken cancellation)
    {
        var news = ThereAndBack(new TrustChanged { Items = [new() { CertificateId = "", Version = 1, Reason = RevocationReason.Unspecified, At = DateTimeOffset.UnixEpoch }] });
        changes.Apply(news.Items, kept: true);
        live.Drop([(Nobodys, Reasons.CertificateNotActive.ToRefused(""))]);
        ThereAndBack(new TrustChangeApplied { By = "", At = DateTimeOffset.UnixEpoch, Items = [new() { CertificateId = "", Version = 1 }] });
        EventJson.Write(new ClosedByPlatform { SessionId = "", ClientId = "", PrincipalId = "", ClosedAt = DateTimeOffset.UnixEpoch, ReasonCode = "", Detail = "" });
        return live.RecheckOrLater(Nobodys, cancellation);
    }

    static T ThereAndBack<T>(T message) => JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Options), WireJson.Options)!;
}
