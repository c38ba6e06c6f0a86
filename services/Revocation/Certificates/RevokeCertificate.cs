using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.Revocation.RevokeCertificate;

namespace FleetPlatform.Revocation.Certificates;

/// <summary>
/// Ends the trust in a certificate: for good, or with certificateHold until it is reinstated. Asking twice records once; a revocation
/// outranks a hold, and a lost key every other reason.
/// </summary>
static class RevokeCertificate
{
    const int MaximumRequesterLength = 256;

    public static Decision<RevocationEvent> Decide(Command command, CertificateTrust trust, DateTimeOffset now) =>
        (trust.Reason, command.Reason) switch
        {
            _ when Objection(command) is { } objection => Reasons.InvalidRequest.Because(objection),
            (null, var reason) => new CertificateRevoked(command.CertificateId, reason, now, command.RequestedBy),
            (RevocationReason.CertificateHold, not RevocationReason.CertificateHold) or (not RevocationReason.KeyCompromise, RevocationReason.KeyCompromise) =>
                new RevocationReasonRaised(command.CertificateId, command.Reason, trust.Since ?? now, now, command.RequestedBy),
            _ => Decision<RevocationEvent>.Nothing, // asked twice: the answer already stands
        };

    public static Task<Written<CertificateTrust, RevocationEvent>> Handle(
        Command command, EventStore store, TimeProvider clock, EventMetadata? metadata = null, CancellationToken cancellation = default) =>
        Objection(command) is { } objection
            ? Task.FromResult(new Written<CertificateTrust, RevocationEvent>(Reasons.InvalidRequest.Because(objection), CertificateTrust.Initial, 0))
            : store.WriteToAggregate<CertificateTrust, RevocationEvent>(
                CertificateTrust.StreamOf(command.CertificateId), trust => Decide(command, trust, clock.GetUtcNow()), metadata, cancellation);

    static string? Objection(Command command) => command switch
    {
        _ when !CertificateTrust.IsCertificateId(command.CertificateId) => "A certificate id has 64 lower-case hex digits.",
        { RequestedBy: not { Length: > 0 and <= MaximumRequesterLength } } => "RequestedBy names who asks, in 1 to 256 characters.",
        _ when !Enum.IsDefined(command.Reason) => $"{(int)command.Reason} is no revocation reason of RFC 5280 §5.3.1.",
        _ => null,
    };
}

sealed class RevokeCertificateConsumer(EventStore store, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        var written = await RevokeCertificate.Handle(
            command, store, clock, new() { Actor = command.RequestedBy, CausationId = context.MessageId?.ToString() }, context.CancellationToken);
        await (written.Refusal is { } refusal
            ? context.RespondAsync(refusal.ToRefused())
            : context.RespondAsync(new RevocationRecorded
            {
                CertificateId = command.CertificateId,
                Reason = written.State.Reason!.Value,
                RevokedAt = written.State.Since!.Value,
            }));
    }
}

/// <summary>Of one batch, committed together, and told of in one message.</summary>
sealed class RevokeCertificatesConsumer(EventStore store, TimeProvider clock) : IConsumer<RevokeCertificates>
{
    public Task Consume(ConsumeContext<RevokeCertificates> context) =>
        context.AnswerEach<Command, RevokeCertificateAnswer, RevokeCertificatesAnswer>(
            async item => new()
            {
                Refused = (await RevokeCertificate.Handle(
                    item, store, clock, new() { Actor = item.RequestedBy, CausationId = context.MessageId?.ToString() }, context.CancellationToken)).Refusal?.ToRefused(),
            },
            refused => new() { Refused = refused });
}
