using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary><c>/fleet/rotation/campaigns…</c>: rotations of many devices, in waves.</summary>
sealed class Campaigns(IAsk ask) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("ListCampaigns", "GET /fleet/rotation/campaigns", List),
        new("CreateCampaign", "POST /fleet/rotation/campaigns/{campaignId}", Create),
        new("DescribeCampaign", "GET /fleet/rotation/campaigns/{campaignId}", Describe),
        new("PauseCampaign", "PUT /fleet/rotation/campaigns/{campaignId}/pause", (request, cancellation) => Change(request, CampaignChange.Pause, cancellation)),
        new("ResumeCampaign", "PUT /fleet/rotation/campaigns/{campaignId}/resume", (request, cancellation) => Change(request, CampaignChange.Resume, cancellation)),
        new("CancelCampaign", "PUT /fleet/rotation/campaigns/{campaignId}/cancel", (request, cancellation) => Change(request, CampaignChange.Cancel, cancellation)),
    ];

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListCampaigns, CampaignsListed>(new(), cancellation)).Reply(listed => new { campaigns = Wire.Of(listed.Items) });

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var defaults = new CreateCampaign { CampaignId = request.Path("campaignId"), Query = QueryOf(request), RequestedBy = request.Caller };
        return (await ask.Ask<CreateCampaign, CampaignDescription>(defaults with
        {
            CanaryPercent = Rotations.Whole(request, "canaryPercent") ?? defaults.CanaryPercent,
            WavePercent = Rotations.Whole(request, "wavePercent") ?? defaults.WavePercent,
            AbortPercent = Rotations.Whole(request, "abortPercent") ?? defaults.AbortPercent,
            PerMinute = Rotations.Whole(request, "perMinute") ?? defaults.PerMinute,
            Terms = Rotations.TermsOf(request, new() { Scope = "default" }),
        }, cancellation)).Reply(found => Wire.Of(found));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<DescribeCampaign, CampaignDescription>(
        new() { CampaignId = request.Path("campaignId") }, cancellation)).Reply(found => Wire.Of(found));

    async Task<Reply> Change(OperationRequest request, CampaignChange change, CancellationToken cancellation) => (await ask.Ask<ChangeCampaign, CampaignDescription>(
        new() { CampaignId = request.Path("campaignId"), Change = change, RequestedBy = request.Caller }, cancellation)).Reply(found => Wire.Of(found));

    static CampaignQuery QueryOf(OperationRequest request)
    {
        var query = request.Object("query");
        return new() { Group = Text("group"), Issuer = Text("issuer"), PublicKey = Text("publicKey"), Template = Text("template") };

        string? Text(string name) => OperationRequest.TextOf(OperationRequest.Member(query, name), $"query.{name}");
    }
}
