using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.AssignSigning;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>
/// Gives profiles to an authority: from here on it signs them. This is the roll-over: what others have signed stays valid until it ends, nobody is
/// disconnected, because sessions hang on fingerprints and not on issuers.
/// </summary>
static class AssignSigning
{
    /// <param name="candidate">The authority; null when there is none of that id that can sign.</param>
    /// <param name="isRevoked">Whether its root's list names it.</param>
    /// <param name="serverRoot">Root of the servers' certificates now.</param>
    public static Decision<SigningEvent> Decide(Command command, Signing state, ActiveIssuer? candidate, bool isRevoked, string serverRoot, DateTimeOffset now)
    {
        if (candidate is null) return new Refusal(Reasons.NotFound.Code, $"There is no authority {command.IssuerId} that can sign.");
        if (candidate.Signer.Certificate.NotAfter <= now) return new Refusal(Reasons.CertificateState.Code, "The authority has expired.");
        if (isRevoked) return new Refusal(Reasons.CertificateState.Code, "The authority is revoked by its root.");
        if (command.Profiles.FirstOrDefault(profile => !CertificateProfiles.All.Contains(profile)) is not null)
            return new Refusal(Reasons.InvalidRequest.Code, $"Profiles are {string.Join(", ", CertificateProfiles.All)}.");

        // Devices check the gateway's certificate against the roots they were flashed with: that one moves to another root only when asked for by name.
        var profiles = command.Profiles.Count > 0 ? command.Profiles
            : candidate.RootId == serverRoot ? CertificateProfiles.All
            : [.. CertificateProfiles.All.Where(profile => profile != CertificateProfiles.Server)];
        string[] changed = [.. profiles.Where(profile => state.IssuerOf(profile) != command.IssuerId).Distinct(StringComparer.Ordinal)];
        return changed.Length == 0 ? Decision<SigningEvent>.Nothing : new SigningAssigned(command.IssuerId, changed, command.RequestedBy, now);
    }
}

sealed class AssignSigningConsumer(EventStore store, IssuerRing ring, OpenIssuers open, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        await open.Reopen(context.CancellationToken); // it may have been installed at another replica a moment ago
        var candidate = ring.Find(command.IssuerId);
        var written = await store.WriteToAggregate<Signing, SigningEvent>(Signing.Stream,
            state => AssignSigning.Decide(command, state, candidate, candidate is not null && ring.IsRevoked(candidate), ring.For(CertificateProfiles.Server).RootId, clock.GetUtcNow()),
            new() { Actor = command.RequestedBy }, context.CancellationToken);
        if (written.Refusal is { } refusal)
        {
            await context.RespondAsync(refusal.ToRefused());
            return;
        }

        await open.Reopen(context.CancellationToken);
        var issuer = await store.AggregateStreamAsync<Issuer, IssuerEvent>(Issuer.StreamOf(command.IssuerId), context.CancellationToken);
        await context.RespondAsync(ListIssuers.Describe(command.IssuerId, issuer, ring));
    }
}
