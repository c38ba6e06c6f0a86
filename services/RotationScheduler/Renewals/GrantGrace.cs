using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Renewals;

/// <summary>
/// A device was away until its certificate had expired. Where the policy says so it may use it to renew, and only while the thing has
/// nothing better: a forgotten old pair must not make a new one beside a certificate that works.
/// </summary>
static class GrantGrace
{
    /// <param name="certificate">The expired one; null when it belongs to no thing that is known here.</param>
    /// <param name="all">Of its thing.</param>
    /// <param name="latest">The thing's latest rotation: what it offered and nobody has proven may be lost on the device.</param>
    public static (RenewalGrace? Grace, Refusal? Refusal) Decide(
        ThingCertificate? certificate, IReadOnlyList<ThingCertificate> all, RenewalRule? rule, Rotation latest, DateTimeOffset now)
    {
        if (certificate is null) return No("The certificate has expired, and belongs to no thing.");
        var view = certificate.View;
        if (view.Status != CertificateStatus.Active) return No($"The certificate expired at {view.NotAfter:u}, and is not active.");
        if (rule is not { GraceDays: > 0 }) return No($"The certificate expired at {view.NotAfter:u}; no renewal policy lets it renew after that.");
        var until = view.NotAfter.AddDays(rule.GraceDays);
        if (now >= until) return No($"The certificate expired at {view.NotAfter:u}; the grace of policy {rule.Scope} ended at {until:u}.");
        return all.FirstOrDefault(other => Works(other.View)) is { } better
            ? No($"The certificate expired at {view.NotAfter:u}; its thing has another one that works, {better.View.CertificateId}.")
            : (new() { Until = until, Scope = rule.Scope }, null);

        bool Works(CertificateView other) => other.CertificateId != view.CertificateId && other.Status == CertificateStatus.Active
            && other.NotAfter > now && !latest.Offers.Contains(other.CertificateId);
    }

    static (RenewalGrace? Grace, Refusal? Refusal) No(string detail) => (null, new(Reasons.CertificateExpired.Code, detail));
}

sealed class FindRenewalGraceConsumer(CertificatesOfThing certificates, RenewalRules rules, RotationsTable rotations, TimeProvider clock) : IConsumer<FindRenewalGrace>
{
    public async Task Consume(ConsumeContext<FindRenewalGrace> context)
    {
        var (grace, refusal) = await Find(context.Message.CertificateId, context.CancellationToken);
        await (grace is not null ? context.RespondAsync(grace) : context.RespondAsync(refusal!.ToRefused()));
    }

    public async Task<(RenewalGrace? Grace, Refusal? Refusal)> Find(string certificateId, CancellationToken cancellation)
    {
        var thing = await certificates.FindThing(certificateId, cancellation);
        var all = thing is null ? [] : await certificates.Find(thing, cancellation);
        if (all.FirstOrDefault(row => row.View.CertificateId == certificateId) is not { } certificate)
            return GrantGrace.Decide(null, all, null, Rotation.Initial, clock.GetUtcNow());
        var rule = RenewalRules.Of(await rules.Read(cancellation), certificate.Groups, certificate.Template);
        return GrantGrace.Decide(certificate, all, rule, (await rotations.Latest(thing!, cancellation)).Rotation, clock.GetUtcNow());
    }
}
