using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary><c>/fleet/rotation…</c>: what expires when, renewal policies, and the rotations of single things.</summary>
sealed class Rotations(IAsk ask) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("GetRotationForecast", "GET /fleet/rotation/forecast", Forecast),
        new("ShowRotations", "GET /fleet/rotation/things/{thingName}", Show),
        new("RotateThing", "POST /fleet/rotation/things/{thingName}", Rotate),
        new("CancelRotation", "DELETE /fleet/rotation/things/{thingName}", Cancel),
        new("ListRenewalPolicies", "GET /fleet/rotation/policies", ListPolicies),
        new("PutRenewalPolicy", "PUT /fleet/rotation/policies", PutPolicy),
        new("DeleteRenewalPolicy", "DELETE /fleet/rotation/policies", DeletePolicy),
    ];

    async Task<Reply> Forecast(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<GetRotationForecast, RotationForecast>(
        new() { By = request.Query("by") ?? "week", Weeks = Whole(request.OptionalQueryNumber("weeks"), "weeks") ?? 52 }, cancellation)).Reply(found => Wire.Of(found));

    async Task<Reply> Show(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<ShowRotations, ThingRotations>(
        new() { ThingName = request.Path("thingName") }, cancellation)).Reply(found => Wire.Of(found));

    async Task<Reply> Rotate(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<RotateThing, RotationBegun>(
        new() { ThingName = request.Path("thingName"), CertificateId = request.OptionalText("certificateId"), RequestedBy = request.Caller }, cancellation)).Reply(found => Wire.Of(found));

    async Task<Reply> Cancel(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<CancelRotation, Done>(
        new() { ThingName = request.Path("thingName"), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> ListPolicies(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListRenewalPolicies, RenewalPoliciesListed>(new(), cancellation)).Reply(listed => new { policies = Wire.Of(listed.Items) });

    async Task<Reply> PutPolicy(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<PutRenewalPolicy, Done>(
        new() { Policy = PolicyOf(request), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> DeletePolicy(OperationRequest request, CancellationToken cancellation) => (await ask.Ask<DeleteRenewalPolicy, Done>(
        new() { Scope = request.Query("scope") ?? throw new InvalidInputException("scope is required."), RequestedBy = request.Caller }, cancellation)).Reply();

    static RenewalPolicy PolicyOf(OperationRequest request)
    {
        var defaults = new RenewalPolicy { Scope = request.Text("scope") };
        return TermsOf(request, defaults) with
        {
            DaysBefore = Whole(request, "daysBefore") ?? defaults.DaysBefore,
            LifetimeShare = request.OptionalFraction("lifetimeShare"),
            Jitter = request.OptionalFraction("jitter") ?? defaults.Jitter,
            Windows = request.Texts("windows"),
            PerMinute = Whole(request, "perMinute") ?? defaults.PerMinute,
            GraceDays = Whole(request, "graceDays") ?? defaults.GraceDays,
            PushKeys = request.OptionalBoolean("pushKeys") == true,
        };
    }

    /// <summary>How each rotation goes.</summary>
    internal static RenewalPolicy TermsOf(OperationRequest request, RenewalPolicy defaults)
    {
        return defaults with
        {
            AnswerSeconds = Whole(request, "answerSeconds") ?? defaults.AnswerSeconds,
            Attempts = Whole(request, "attempts") ?? defaults.Attempts,
            BackOffSeconds = Whole(request, "backOffSeconds") ?? defaults.BackOffSeconds,
            OverlapSeconds = Whole(request, "overlapSeconds") ?? defaults.OverlapSeconds,
            RevokeAfterSeconds = request.OptionalBoolean("neverRevoke") == true ? null : Whole(request, "revokeAfterSeconds") ?? defaults.RevokeAfterSeconds,
        };
    }

    internal static int? Whole(OperationRequest request, string name) => Whole(request.OptionalNumber(name), name);

    static int? Whole(long? number, string name) => number switch
    {
        null => null,
        >= int.MinValue and <= int.MaxValue => (int)number,
        _ => throw new InvalidInputException($"{name} is out of range."),
    };
}
