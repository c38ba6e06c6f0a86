using FleetPlatform.Contracts;
using FleetPlatform.Events;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace FleetPlatform.ServiceDefaults;

/// <summary>One refusal, rendered for each door.</summary>
public static class Refusals
{
    /// <summary>As a decision gives it.</summary>
    /// <param name="detail">What was wrong with this request, in a sentence a person can act on. Holds no secret.</param>
    public static Refusal Because(this Reason reason, string detail) => new(reason.Code, detail);

    /// <summary>As the answer to a request on the bus.</summary>
    /// <inheritdoc cref="Because"/>
    public static Refused ToRefused(this Reason reason, string detail) => new() { Code = reason.Code, Detail = detail };

    /// <summary>As the answer to a request on the bus.</summary>
    public static Refused ToRefused(this Refusal refusal) => new() { Code = refusal.Code, Detail = refusal.Detail };

    /// <summary>What another service said, as this one's own decision.</summary>
    public static Refusal ToRefusal(this Refused refused) => new(refused.Code, refused.Detail);

    /// <summary>As an HTTP answer: problem details with the reason's status, its code and what to do.</summary>
    public static ProblemHttpResult ToProblem(this Refusal refusal) => Problem(refusal.Code, refusal.Detail);

    /// <inheritdoc cref="ToProblem(Refusal)"/>
    public static ProblemHttpResult ToProblem(this Refused refused) => Problem(refused.Code, refused.Detail);

    static ProblemHttpResult Problem(string code, string detail)
    {
        var reason = Reasons.Of(code);
        return TypedResults.Problem(new ProblemDetails
        {
            Status = reason.RestStatus,
            Title = code,
            Detail = detail,
            Extensions = { ["remedy"] = reason.Remedy },
        });
    }
}
