using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>Changes what holds for an authority. Certificates that are registered already keep working, whatever becomes of it.</summary>
static class UpdateAuthority
{
    public static Decision<AuthorityEvent> Decide(UpdateTrustedAuthority command, TrustedAuthority state, DateTimeOffset now)
    {
        if (state.Terms is not { } terms) return TrustedAuthority.Missing(command.CaCertificateId);
        if (RegisterAuthority.CheckConfig(command.Config) is { } wrong) return wrong;

        var changed = terms with
        {
            Active = command.Active ?? terms.Active,
            AutoRegistration = command.AutoRegistration ?? terms.AutoRegistration,
            AdmitsAtFirstConnection = command.AdmitsAtFirstConnection ?? terms.AdmitsAtFirstConnection,
        };
        if (command.Config is { } config)
            changed = changed with { TemplateName = config.TemplateName, TemplateBody = config.TemplateBody, RoleArn = config.RoleArn };
        if (command.RemoveAutoRegistration) changed = changed with { AutoRegistration = false, TemplateName = null, TemplateBody = null, RoleArn = null };
        return changed == terms ? Decision<AuthorityEvent>.Nothing : new AuthorityChanged(changed, command.RequestedBy, now);
    }
}

/// <summary>Forgets an authority that is not active.</summary>
static class DeleteAuthority
{
    public static Decision<AuthorityEvent> Decide(DeleteTrustedAuthority command, TrustedAuthority state, DateTimeOffset now) => state.Terms switch
    {
        null => TrustedAuthority.Missing(command.CaCertificateId),
        { Active: true } => new Refusal(Reasons.CertificateState.Code, "The CA certificate is ACTIVE; deactivate it first."),
        _ => new AuthorityDeleted(command.RequestedBy, now),
    };
}

sealed class UpdateTrustedAuthorityConsumer(EventStore store, TimeProvider clock) : IConsumer<UpdateTrustedAuthority>
{
    public async Task Consume(ConsumeContext<UpdateTrustedAuthority> context)
    {
        var command = context.Message;
        await context.Answer(await Authorities.Write(store, command.CaCertificateId, command.RequestedBy,
            state => UpdateAuthority.Decide(command, state, clock.GetUtcNow()), context.CancellationToken));
    }
}

sealed class DeleteTrustedAuthorityConsumer(EventStore store, TimeProvider clock) : IConsumer<DeleteTrustedAuthority>
{
    public async Task Consume(ConsumeContext<DeleteTrustedAuthority> context)
    {
        var command = context.Message;
        var written = await Authorities.Write(store, command.CaCertificateId, command.RequestedBy,
            state => DeleteAuthority.Decide(command, state, clock.GetUtcNow()), context.CancellationToken);
        if (written.Refusal is { } refusal) await context.RespondAsync(refusal.ToRefused());
        else await context.RespondAsync(new Contracts.ThingRegistry.Done());
    }
}

/// <summary>Streams by id, and answers.</summary>
static class Authorities
{
    public static Task<Written<TrustedAuthority, AuthorityEvent>> Write(
        EventStore store, string id, string actor, Func<TrustedAuthority, Decision<AuthorityEvent>> decide, CancellationToken cancellation) =>
        CertificateId.IsWellFormed(id)
            ? store.WriteToAggregate(TrustedAuthority.StreamOf(id), decide, new EventMetadata { Actor = actor }, cancellation)
            : Task.FromResult(new Written<TrustedAuthority, AuthorityEvent>(TrustedAuthority.Missing(id), TrustedAuthority.Initial, 0));

    public static Task Answer(this ConsumeContext context, Written<TrustedAuthority, AuthorityEvent> written) =>
        written.Refusal is { } refusal ? context.RespondAsync(refusal.ToRefused()) : context.RespondAsync(written.State.Describe());
}
