using FleetPlatform.Contracts;

namespace FleetPlatform.ServiceDefaults;

/// <summary>One refusal, rendered for each door.</summary>
public static class Refusals
{
    /// <summary>As the answer to a request on the bus.</summary>
    /// <param name="detail">What was wrong with this request, in a sentence a person can act on. Holds no secret.</param>
    public static Refused ToRefused(this Reason reason, string detail) => new() { Code = reason.Code, Detail = detail };
}
