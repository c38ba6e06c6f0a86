using FleetPlatform.Contracts.CertificateAuthority;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// News of certificates that devices were given: each is pending until a template or an operator registers it. News may come after the
/// registration; both orders end in the same state. News that comes twice changes nothing.
/// </summary>
static class RecordIssuedCertificates
{
    public static Decision<PrincipalEvent> Decide(IssuedCertificate issued, Principal principal) => principal switch
    {
        { Status: PrincipalStatus.Unknown } => new PrincipalRegistered(
            PrincipalStatus.PendingActivation, issued.CertificatePem, issued.NotBefore, issued.NotAfter, issued.IssuedAt, issued.FlowId),
        { Exists: true, CertificatePem: null } => new CertificateRecorded(
            issued.CertificatePem, issued.NotBefore, issued.NotAfter, issued.IssuedAt, issued.FlowId),
        _ => Decision<PrincipalEvent>.Nothing,
    };

    /// <summary>All of them in one transaction. What an operator asked for is registered with its status by whom he asked.</summary>
    public static async Task Handle(CertificatesIssued news, Registry registry, CancellationToken cancellation)
    {
        var issued = news.Items.Where(item => item.Purpose == CertificatePurpose.Device && Names.RefuseCertificateId(item.CertificateId) is null)
            .DistinctBy(item => item.CertificateId, StringComparer.Ordinal).ToArray();
        if (issued.Length == 0) return;

        var metadata = new EventMetadata { Actor = "certificate-authority", CorrelationId = issued.Length == 1 ? issued[0].FlowId : null };
        await registry.Transact(metadata, async session =>
        {
            var streams = await session.FetchManyForWriting<Principal, PrincipalEvent>(
                [.. issued.Select(item => Registry.PrincipalStream(item.CertificateId))], cancellation);
            foreach (var (item, stream) in issued.Zip(streams))
                stream.Append([.. Decide(item, stream.Aggregate).Events]);
            return 0;
        }, cancellation);
    }
}

sealed class CertificatesIssuedConsumer(Registry registry) : IConsumer<CertificatesIssued>
{
    public Task Consume(ConsumeContext<CertificatesIssued> context) =>
        RecordIssuedCertificates.Handle(context.Message, registry, context.CancellationToken);
}
