using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Rotation;

/// <summary>
/// The bounds of a connection whose certificate has expired: of what its policies allow, only what renewing needs. No will, no retained
/// message, no other device's or its own data.
/// </summary>
/// <param name="ThingName">Whose certificate it is.</param>
/// <param name="ExpiredAt">When it ended.</param>
/// <param name="Until">When the connection ends.</param>
/// <param name="Scope">Of the renewal policy that lets it in.</param>
sealed record RenewOnly(string ThingName, DateTimeOffset ExpiredAt, DateTimeOffset Until, string Scope)
{
    const string CreateFromCsr = "$aws/certificates/create-from-csr/";
    const string Register = $"$aws/provisioning-templates/{RotationProtocol.TemplateName}/provision/";

    public bool Permits(PolicyAction action, ReadOnlySpan<char> name) => action switch
    {
        PolicyAction.Connect => true,
        PolicyAction.Publish => IsRenewal(name, TopicSide.Request) || RotationProtocol.IsReportTopic(name, ThingName),
        PolicyAction.Receive => IsRenewal(name, TopicSide.Accepted) || IsRenewal(name, TopicSide.Rejected) || IsCommand(name),
        // Under these two prefixes there is nothing to subscribe to but answers, which are never another connection's.
        PolicyAction.Subscribe => name.StartsWith(CreateFromCsr) || name.StartsWith(Register) || IsCommand(name),
        _ => false,
    };

    static bool IsRenewal(ReadOnlySpan<char> topic, TopicSide side) => (topic.StartsWith(CreateFromCsr) || topic.StartsWith(Register))
        && ReservedTopics.TryParse(topic, out var parsed) && parsed.Side == side;

    bool IsCommand(ReadOnlySpan<char> topic) => topic.SequenceEqual(RotationProtocol.CommandTopic(ThingName));
}

/// <summary>Asks the scheduler, whose policies decide, what an expired certificate may still do. Denied until it says otherwise.</summary>
sealed class RenewalGraces(IAsk ask, GatewayOptions options, TimeProvider clock)
{
    /// <summary>The longest that a policy can give. What expired before is refused without a question.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    readonly LeastRecentlyUsed<string, Known> _known = new(options.RememberedPrincipals);

    sealed record Known(RenewalGrace? Grace, Refused? Refused, long Since);

    /// <summary>Whether a policy could make an exception of this certificate.</summary>
    public bool AreThinkable(ClientCertificate certificate) =>
        clock.GetUtcNow() - certificate.NotAfter is var since && since > TimeSpan.Zero && since < Longest;

    /// <returns>What the connection is bound to, or why there is none.</returns>
    /// <exception cref="RequestUnavailableException">The scheduler did not answer in time.</exception>
    public async Task<(RenewOnly? Bounds, Refused? Refused)> Find(ClientCertificate certificate, string thing, CancellationToken cancellation)
    {
        if (!_known.TryGet(certificate.Id, out var known) || clock.GetElapsedTime(known.Since) >= options.UnknownCertificateMemory)
        {
            var answer = await ask.Ask<FindRenewalGrace, RenewalGrace>(new() { CertificateId = certificate.Id }, options.RequestTimeout, cancellation);
            known = new(answer.Value, answer.Refused, clock.GetTimestamp());
            _known.Change(certificate.Id, _ => known);
        }

        var now = clock.GetUtcNow();
        if (known.Grace is not { } grace) return (null, known.Refused);
        if (now >= grace.Until) return (null, Reasons.CertificateExpired.ToRefused($"The grace of policy {grace.Scope} ended at {grace.Until:u}."));
        var end = now + options.RenewalConnection;
        return (new(thing, certificate.NotAfter, end < grace.Until ? end : grace.Until, grace.Scope), null);
    }
}
