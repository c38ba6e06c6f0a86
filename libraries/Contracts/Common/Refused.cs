using MassTransit;

namespace FleetPlatform.Contracts;

/// <summary>The business said no. Answers a request, or one item of a batch; never an exception, never a fault.</summary>
[MessageUrn("fleet:refused:v1", useDefaultPrefix: false)]
public sealed record Refused
{
    /// <summary>One of <see cref="Reasons"/>, for example <c>token-expired</c>.</summary>
    public required string Code { get; init; }

    /// <summary>What was wrong with this request, in a sentence a person can act on. Holds no secret.</summary>
    public required string Detail { get; init; }
}
