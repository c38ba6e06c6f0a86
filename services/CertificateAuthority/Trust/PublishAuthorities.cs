using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>Tells gateways, and this service's own replicas, that what they know of authorities is old.</summary>
sealed class PublishAuthorities(IBus bus) : ISubscription
{
    public string Name => "certificate-authority.publish-authorities";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(AuthorityEvent), typeof(IssuerEvent), typeof(SigningEvent), typeof(RootListEvent)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var trusted = batch.Where(recorded => recorded.StreamId.Category == "authority").ToList();
        if (trusted.Count > 0)
            await bus.PublishInTime(new TrustedAuthoritiesChanged { CaCertificateIds = KeysOf(trusted) }, cancellation, trusted[^1].Id);
        var own = batch.Where(recorded => recorded.StreamId.Category != "authority").ToList();
        if (own.Count > 0)
            await bus.PublishInTime(new IssuersChanged { IssuerIds = KeysOf(own) }, cancellation, own[^1].Id);
    }

    static IReadOnlyList<string> KeysOf(IEnumerable<RecordedEvent> events) => [.. events.Select(recorded => recorded.StreamId.Key).Distinct(StringComparer.Ordinal)];
}
