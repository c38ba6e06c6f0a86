using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Things;

namespace FleetPlatform.ThingRegistry;

/// <summary>
/// What this service knows of a device's life. Certificates and things name their own streams, and the attachment tables join the two,
/// so finding steps needs no index that provisioning would have to keep.
/// </summary>
sealed class RegistrySteps(EventStore store) : IFlowSteps
{
    const string Service = "thing-registry";

    public async Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation)
    {
        var certificates = subjects.Where(subject => Names.RefuseCertificateId(subject) is null).ToHashSet(StringComparer.Ordinal);
        var things = subjects.Where(subject => Names.RefuseThingName(subject) is null).ToHashSet(StringComparer.Ordinal);
        await AddAttached(certificates, things, cancellation);

        var steps = new List<FlowStep>();
        foreach (var stream in certificates.Select(Registry.PrincipalStream).Concat(things.Select(Registry.ThingStream)))
            steps.AddRange((await store.FetchStreamAsync(stream, cancellation: cancellation)).Select(Describe).OfType<FlowStep>());
        return steps;
    }

    async Task AddAttached(HashSet<string> certificates, HashSet<string> things, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand(
            "select certificate_id, thing_name from fleet_attachments where certificate_id = any($1) or thing_name = any($2) limit 200");
        command.Parameters.Add(Listing.Texts(certificates));
        command.Parameters.Add(Listing.Texts(things));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            certificates.Add(reader.GetString(0));
            things.Add(reader.GetString(1));
        }
    }

    static FlowStep? Describe(RecordedEvent recorded) => recorded.Data switch
    {
        PrincipalRegistered { Status: PrincipalStatus.PendingActivation } e => Step(recorded, "certificate pending", e.At) with { FlowId = e.FlowId },
        PrincipalRegistered e => Step(recorded, $"certificate registered {e.Status}", e.At) with { TemplateName = e.ClaimForTemplate },
        PrincipalProvisioned e => Step(recorded, e.Status == PrincipalStatus.Active ? "certificate active" : "certificate registered inactive", e.At) with
        {
            FlowId = e.FlowId,
            TemplateName = e.TemplateName,
            ThingName = e.Thing?.ThingName,
            Detail = $"template version {e.TemplateVersion}, policies: {string.Join(", ", e.Policies.Select(policy => policy.PolicyName))}",
        },
        ThingAttached e => Step(recorded, "certificate attached to thing", e.At) with { ThingName = e.ThingName },
        ThingDetached e => Step(recorded, "certificate detached from thing", e.At) with { ThingName = e.ThingName },
        PolicyAttached e => Step(recorded, "policy attached", e.At) with { Detail = e.PolicyName },
        PolicyDetached e => Step(recorded, "policy detached", e.At) with { Detail = e.PolicyName },
        StatusChanged e => Step(recorded, $"certificate set {e.Status}", e.At) with
        {
            ReasonCode = e.Status == PrincipalStatus.Active ? null : Reasons.CertificateNotActive.Code,
        },
        PrincipalRevoked e => Step(recorded, "certificate revoked", e.At) with { ReasonCode = Reasons.CertificateNotActive.Code },
        PrincipalSuspended e => Step(recorded, "certificate on hold", e.At) with { ReasonCode = Reasons.CertificateNotActive.Code },
        PrincipalReinstated e => Step(recorded, "certificate reinstated", e.At),
        PrincipalRenewed e => Step(recorded, "certificate renewed", e.At) with { Detail = $"by {e.By}; both work until the rotation ends" },
        PrincipalExpired e => Step(recorded, "certificate expired unclaimed", e.At) with { ReasonCode = Reasons.CertificateNotPending.Code },
        PrincipalDeleted e => Step(recorded, "certificate deleted", e.At) with { ReasonCode = Reasons.UnknownCertificate.Code },
        ThingRegistered e => Step(recorded, "thing registered", e.At) with { CertificateId = e.CertificateId },
        ThingUpdated e => Step(recorded, "thing updated", e.At),
        GroupJoined e => Step(recorded, "thing joined group", e.At) with { Detail = e.ThingGroupName },
        GroupLeft e => Step(recorded, "thing left group", e.At) with { Detail = e.ThingGroupName },
        ThingReprovisioned e => Step(recorded, $"device came again, old certificates {(e.Decision == ReprovisioningDecision.Kept ? "kept" : "deactivated and detached")}", e.At) with
        {
            CertificateId = e.CertificateId,
            TemplateName = e.TemplateName,
            Detail = string.Join(", ", e.OldCertificateIds),
        },
        BillingGroupChanged e => Step(recorded, "thing changed billing group", e.At) with { Detail = e.BillingGroup },
        CertificateAttached e => Step(recorded, "thing has another certificate", e.At) with { CertificateId = e.CertificateId },
        ThingDeleted e => Step(recorded, "thing deleted", e.At),
        _ => null,
    };

    static FlowStep Step(RecordedEvent recorded, string step, DateTimeOffset at) => new()
    {
        Service = Service,
        Step = step,
        At = at,
        StreamId = recorded.StreamId.Value,
        TraceId = recorded.Metadata.TraceId,
        FlowId = recorded.Metadata.CorrelationId,
        CertificateId = recorded.Data is PrincipalEvent ? recorded.StreamId.Key : null,
        ThingName = recorded.Data is ThingEvent ? recorded.StreamId.Key : null,
    };
}
