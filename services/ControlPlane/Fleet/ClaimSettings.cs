using System.Globalization;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>What a claim certificate may still register, under <c>/fleet/claims/{certificateId}</c>.</summary>
sealed class ClaimSettings(IAsk ask) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("ListClaims", "GET /fleet/claims", ListAll),
        new("DescribeClaim", "GET /fleet/claims/{claimId}", Describe),
        new("UpdateClaim", "PATCH /fleet/claims/{claimId}", Update),
        new("AllowSerials", "POST /fleet/claims/{claimId}/serials", Allow),
        new("ListClaimCertificates", "GET /fleet/claims/{claimId}/certificates", List),
    ];

    async Task<Reply> ListAll(OperationRequest request, CancellationToken cancellation)
    {
        var page = request.TokenPage();
        return (await ask.Ask<ListClaims, ClaimsListed>(new() { After = page.After, Limit = page.Limit, SuspectedOnly = request.Flag("suspected") }, cancellation))
            .Reply(listed => new { claims = Wire.Of(listed.Items), nextToken = request.Next(listed.Next) });
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeClaim, ClaimDescription>(new() { ClaimId = request.Path("claimId") }, cancellation)).Reply(claim => Wire.Of(claim));

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ChangeClaim, ClaimDescription>(new()
        {
            ClaimId = request.Path("claimId"),
            MaximumRegistrations = request.OptionalNumber("maximumRegistrations"),
            RegistrationsPerMinute = request.OptionalNumber("registrationsPerMinute") is { } rate ? (int)Math.Clamp(rate, -1, int.MaxValue) : null,
            NoLimit = request.OptionalBoolean("noLimit") ?? false,
            NotBefore = Time(request, "notBefore"),
            NotAfter = Time(request, "notAfter"),
            NoWindow = request.OptionalBoolean("noWindow") ?? false,
            SerialParameter = request.OptionalText("serialParameter"),
            Status = request.OptionalText("status") switch
            {
                null => null,
                "open" => ClaimStatus.Open,
                "paused" => ClaimStatus.Paused,
                "quarantined" => ClaimStatus.Quarantined,
                _ => throw new InvalidInputException("status is open, paused or quarantined."),
            },
            Reason = request.OptionalText("reason"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(claim => Wire.Of(claim));

    async Task<Reply> Allow(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<AllowSerials, ClaimDescription>(new()
        {
            ClaimId = request.Path("claimId"),
            Serials = [.. request.List("serials").Select(serial => OperationRequest.TextOf(serial, "serials")!)],
            RequestedBy = request.Caller,
        }, cancellation)).Reply(claim => Wire.Of(claim));

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListClaimCertificates, ClaimCertificatesListed>(
            new() { ClaimId = request.Path("claimId"), After = request.TokenPage().After }, TimeSpan.FromSeconds(60), cancellation))
            .Reply(listed => new { certificateIds = listed.CertificateIds, nextToken = request.Next(listed.Next) });

    static DateTimeOffset? Time(OperationRequest request, string name) => request.OptionalText(name) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) => at,
        _ => throw new InvalidInputException($"{name} must be a time, for example 2026-12-01T08:00:00Z."),
    };
}
